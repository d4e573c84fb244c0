# The code itself is looked at.
# Right: 2
# Wrong: 0
# Blank: 0
# From outside: none
# %% answer=area
def area(width: float, height: float = 1.0) -> float:
    """Width times height."""
    ### BEGIN SOLUTION
    return width * height
    ### END SOLUTION


# %% test=test_signature points=1
import inspect

assert list(inspect.signature(area).parameters) == ["width", "height"]
assert area.__doc__.startswith("Width")
assert area(2, 3) == 6
# %% test=test_no_loop points=1
assert "for" not in inspect.getsource(area)
assert area(4) == 4


# %% wrong=area
def area(w, h=1.0):
    """Width times height."""
    total = 0
    for _ in range(int(h)):
        total += w
    return total
