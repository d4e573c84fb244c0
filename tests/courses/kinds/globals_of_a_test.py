# A test sets a global that the learner's code reads.
# Right: 2
# Wrong: 0
# Blank: 0
# From outside: none
# %% locked=rate
rate = 0.2


# %% answer=tax
def tax(income):
    ### BEGIN SOLUTION
    return income * rate
    ### END SOLUTION


# %% test=test_rate points=2
rate = 0.5
assert tax(100) == 50
### BEGIN HIDDEN TESTS
rate = 0.1
assert tax(100) == 10


### END HIDDEN TESTS
# %% wrong=tax
def tax(income):
    return income * 0.2
