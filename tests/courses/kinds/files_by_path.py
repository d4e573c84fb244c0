# What the learner's code writes is read by its path.
# Right: 2
# Wrong: 0
# Blank: 0
# From outside: none
# %% answer=save
def save(path, lines):
    ### BEGIN SOLUTION
    with open(path, "w") as file:
        file.write("\n".join(lines))
    ### END SOLUTION


# %% test=test_save points=2
save("out.txt", ["a", "b"])
assert open("out.txt").read() == "a\nb"
### BEGIN HIDDEN TESTS
import os

save("empty.txt", [])
assert os.path.getsize("empty.txt") == 0
### END HIDDEN TESTS
# %% right=save
from pathlib import Path


def save(path, lines):
    Path(path).write_text("\n".join(lines))


# %% wrong=save
def save(path, lines):
    open(path, "w").write("\n".join([*lines, ""]))
