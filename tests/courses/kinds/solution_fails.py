# The solution itself does not pass one of the tests.
# Right: 1
# Wrong: 0 (nbgrader: 1; nobody gets points of a test that the solution fails)
# Blank: 0
# From outside: test_double
# Not judged: test_five
# %% answer=double
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% test=test_double points=1
assert double(2) == 4
# %% test=test_five points=1
assert double(2) == 5


# %% wrong=double
def double(x):
    return x + 3
