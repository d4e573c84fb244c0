# A class of the learner's: isinstance, operators, len, in, with.
# Right: 4
# Wrong: 1
# Blank: 0
# From outside: none
# %% answer=stack
class Stack:
    ### BEGIN SOLUTION
    def __init__(self, items=()):
        self.items = list(items)

    def __len__(self):
        return len(self.items)

    def __contains__(self, x):
        return x in self.items

    def __add__(self, other):
        return Stack(self.items + other.items)

    def __eq__(self, other):
        return self.items == other.items

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.items.clear()

    ### END SOLUTION


# %% test=test_made points=1
assert isinstance(Stack([1]), Stack)
assert len(Stack([1, 2])) == 2
# %% test=test_in points=1
assert 3 in Stack([3])
### BEGIN HIDDEN TESTS
assert 4 not in Stack([3])
### END HIDDEN TESTS
# %% test=test_sum points=1
assert Stack([1]) + Stack([2]) == Stack([1, 2])
# %% test=test_with points=1
with Stack([1]) as held:
    assert len(held) == 1
assert len(held) == 0
# %% right=stack
from collections import UserList


class Stack(UserList):
    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.data = []


# %% wrong=stack
class Stack:
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __contains__(self, x):
        return True
