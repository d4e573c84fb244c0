# What a test saw is changed by the cells behind it.
# Right: 2
# Wrong: 1
# Blank: 0
# From outside: test_first, test_second
# %% answer=first
### BEGIN SOLUTION
names = ["ada", "bob"]
### END SOLUTION
# %% test=test_first points=1
assert names == ["ada", "bob"]
# %% answer=second
### BEGIN SOLUTION
names.append("cyd")
### END SOLUTION
# %% test=test_second points=1
assert len(names) == 3
# %%
names.clear()
# %% wrong=second
names.extend(["cyd", "dan"])
