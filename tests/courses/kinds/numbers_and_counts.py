# Counter, Decimal, Fraction.
# Right: 3
# Wrong: 0
# Blank: 0
# From outside: none
# %%
from collections import Counter
from decimal import Decimal
from fractions import Fraction


# %% answer=letters
def letters(word):
    ### BEGIN SOLUTION
    return Counter(word)
    ### END SOLUTION


def price(text):
    ### BEGIN SOLUTION
    return Decimal(text)
    ### END SOLUTION


def half(n):
    ### BEGIN SOLUTION
    return Fraction(n, 2)
    ### END SOLUTION


# %% test=test_letters points=1
assert letters("anna").most_common(1)[0][1] == 2
assert letters("abc") == Counter("cab")
# %% test=test_price points=1
assert price("0.10") + price("0.20") == Decimal("0.3")
# %% test=test_half points=1
assert half(3) == Fraction(3, 2)
### BEGIN HIDDEN TESTS
assert half(6) + 1 == 4


### END HIDDEN TESTS
# %% wrong=letters
def letters(word):
    return {c: 1 for c in word}


def price(text):
    return float(text)


def half(n):
    return Fraction(n // 2)
