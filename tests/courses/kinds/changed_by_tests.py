# A test changes what the next one finds.
# Right: 3
# Wrong: 1
# Blank: 0
# From outside: none
# %% answer=account
### BEGIN SOLUTION
balance = 0


def deposit(amount):
    global balance
    balance += amount
    return balance


### END SOLUTION
# %% test=test_first points=1
assert deposit(5) == 5
# %% test=test_then points=1
assert deposit(1) == 6
### BEGIN HIDDEN TESTS
assert deposit(4) == 10
### END HIDDEN TESTS
# %% test=test_last points=1
assert deposit(0) == 10
# %% wrong=account
balance = 0


def deposit(amount):
    return balance + amount
