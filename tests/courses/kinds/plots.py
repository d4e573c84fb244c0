# A figure is looked at.
# Right: 2
# Wrong: 1
# Blank: 0
# From outside: none
# %%
%matplotlib inline
import matplotlib.pyplot as plt
# %% answer=draw
def draw(values):
    ### BEGIN SOLUTION
    fig, ax = plt.subplots()
    ax.plot(values)
    ax.set_title("Values")
    return ax
    ### END SOLUTION
# %% test=test_line points=1
ax = draw([3, 1, 2])
assert len(ax.lines) == 1
assert list(ax.lines[0].get_ydata()) == [3, 1, 2]
# %% test=test_title points=1
assert ax.get_title() == "Values"
# %% right=draw
def draw(values):
    plt.figure()
    plt.plot(range(len(values)), values)
    plt.title("Values")
    return plt.gca()
# %% wrong=draw
def draw(values):
    fig, ax = plt.subplots()
    ax.plot(values)
    return ax
