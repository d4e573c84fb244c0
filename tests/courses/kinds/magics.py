# IPython's own syntax, in cells of all sorts.
# Right: 3
# Wrong: 2
# Blank: 0
# From outside: test_half
# %%
import math
math.floor?
# %%
took = %timeit -o -n 1 -r 1 sum(range(3))
# %%
files = !ls
# %%
%%writefile helper.py
def three():
    return 3
# %%
import helper
# %%
%%time
base = 6
# %%
%%bash
echo not Python
# %% answer=half
def half(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
# %% test=test_half points=1
%precision 3
assert half(base) == 3
### BEGIN HIDDEN TESTS
assert half(5) == 2.5
### END HIDDEN TESTS
# %% test=test_helper points=1
assert half(6) == helper.three()
# %% test=test_shell points=1
echoed = !echo 3
assert int(echoed[0]) == half(6)
# %% wrong=half
def half(x):
    return x // 2
