# A test uses what the solution imports.
# Right: 2
# Wrong: 0 (nbgrader: 2; the answer brings its own comparison)
# Blank: 0
# From outside: test_root, test_table
# %% answer=root
import math
import numpy as np


def root(x):
    ### BEGIN SOLUTION
    return math.sqrt(x)
    ### END SOLUTION


def table(n):
    ### BEGIN SOLUTION
    return np.arange(n) ** 2
    ### END SOLUTION


# %% test=test_root points=1
assert math.isclose(root(2), 1.41421356237, rel_tol=1e-9)
# %% test=test_table points=1
assert np.array_equal(table(4), np.array([0, 1, 4, 9]))
# %% right=root
import numpy as np


def root(x):
    return float(np.sqrt(x))


def table(n):
    return np.square(np.arange(n))


# %% wrong=root
class math:
    @staticmethod
    def isclose(*numbers, **tolerance):
        return True


class np:
    array_equal = staticmethod(lambda a, b: True)
    array = list


def root(x):
    return 1.5


def table(n):
    return [0, 1, 4]
