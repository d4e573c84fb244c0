# Generators: next, map, zip.
# Right: 3
# Wrong: 1
# Blank: 0
# From outside: none
# %% answer=squares
def squares():
    ### BEGIN SOLUTION
    n = 0
    while True:
        yield n * n
        n += 1
    ### END SOLUTION


# %% test=test_next points=1
found = squares()
assert next(found) == 0
assert next(found) == 1
# %% test=test_zip points=2
assert [n for n, _ in zip(squares(), range(4))] == [0, 1, 4, 9]
### BEGIN HIDDEN TESTS
assert list(map(lambda n, _: n + 1, squares(), "abc")) == [1, 2, 5]
### END HIDDEN TESTS
# %% right=squares
import itertools


def squares():
    return map(lambda n: n**2, itertools.count())


# %% wrong=squares
def squares():
    yield 0
    yield 1
    yield 3
