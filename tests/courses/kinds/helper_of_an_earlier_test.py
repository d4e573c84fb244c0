# One test defines what the next one uses.
# Right: 2
# Wrong: 1
# Blank: 0
# From outside: test_close
# %% answer=mean
def mean(values):
    ### BEGIN SOLUTION
    return sum(values) / len(values)
    ### END SOLUTION


# %% test=test_close points=1
def close(a, b):
    return abs(a - b) < 1e-9


assert close(mean([1, 2]), 1.5)
# %% test=test_more points=1
assert close(mean([1, 2, 6]), 3)
### BEGIN HIDDEN TESTS
assert close(mean([5]), 5)


### END HIDDEN TESTS
# %% wrong=mean
def mean(values):
    return (values[0] + values[1]) / 2
