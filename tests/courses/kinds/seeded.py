# A test seeds the generator that the learner's code draws from.
# Right: 2
# Wrong: 0
# Blank: 0
# From outside: none
# %%
import random
import numpy as np


# %% answer=throw
def throw(n):
    ### BEGIN SOLUTION
    return [random.randint(1, 6) for _ in range(n)]
    ### END SOLUTION


def noise(n):
    ### BEGIN SOLUTION
    return np.random.normal(size=n)
    ### END SOLUTION


# %% test=test_throw points=1
random.seed(3)
expected = [random.randint(1, 6) for _ in range(5)]
random.seed(3)
assert throw(5) == expected
# %% test=test_noise points=1
np.random.seed(7)
wanted = np.random.normal(size=3)
np.random.seed(7)
assert np.allclose(noise(3), wanted)


# %% wrong=throw
def throw(n):
    return [random.randint(0, 6) for _ in range(n)]


def noise(n):
    return np.random.uniform(size=n)
