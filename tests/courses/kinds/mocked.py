# A test replaces what the learner's code calls.
# Right: 2
# Wrong: 0
# Blank: 0
# From outside: none
# %% locked=service
def fetch(city):
    raise ConnectionError("no network here")


# %% answer=report
def report(city):
    ### BEGIN SOLUTION
    return f"{fetch(city):.0f} degrees"
    ### END SOLUTION


def ask():
    ### BEGIN SOLUTION
    return input("City? ").strip()
    ### END SOLUTION


# %% test=test_report points=1
from unittest import mock

with mock.patch("__main__.fetch", return_value=21.4):
    assert report("Rome") == "21 degrees"
# %% test=test_ask points=1
with mock.patch("builtins.input", lambda prompt: " Oslo "):
    assert ask() == "Oslo"


# %% wrong=report
def report(city):
    return "21 degree"


def ask():
    return input()
