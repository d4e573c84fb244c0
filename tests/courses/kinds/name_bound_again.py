# One name for several answers, each with its test behind it; and a loop takes it for itself at the end.
# Right: 3
# Wrong: 1
# Blank: 0
# From outside: test_one, test_two, test_three
# %% answer=one
### BEGIN SOLUTION
result = 1 + 1
### END SOLUTION
# %% test=test_one points=1
assert result == 2
# %% answer=two
### BEGIN SOLUTION
result = 2 * 2
### END SOLUTION
# %% test=test_two points=1
assert result == 4


# %% answer=three
def f(x):
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION


# %% test=test_three points=1
assert f(1) == 2
### BEGIN HIDDEN TESTS
assert f(-1) == 0
### END HIDDEN TESTS
# %%
for f in range(3):
    result = f
# %% wrong=one
result = 3


# %% wrong=three
def f(x):
    return abs(x) + 1
