# What is printed, caught in two ways.
# Right: 2
# Wrong: 1
# Blank: 0
# From outside: none
# %% answer=greet
def greet(name):
    ### BEGIN SOLUTION
    print(f"Hello, {name}")
    ### END SOLUTION


# %% test=test_greet points=1
import contextlib, io

with contextlib.redirect_stdout(io.StringIO()) as said:
    greet("Ada")
assert said.getvalue() == "Hello, Ada\n"
# %% test=test_once points=1
from unittest.mock import patch

with patch("builtins.print") as printing:
    greet("Bob")
printing.assert_called_once()
### BEGIN HIDDEN TESTS
assert "Bob" in printing.call_args.args[0]


### END HIDDEN TESTS
# %% wrong=greet
def greet(name):
    print("Hello, " + name + "!")
