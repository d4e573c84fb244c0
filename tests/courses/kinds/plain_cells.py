# Cells without marks: they use answers, raise, ask for input, hold a syntax error on purpose.
# Right: 2
# Wrong: 1
# Blank: 0
# From outside: test_double
# %%
limit = 10
# %% answer=double
def double(x):
    ### BEGIN SOLUTION
    return min(2 * x, limit)
    ### END SOLUTION
# %%
double(21)
shown = [double(n) for n in range(3)]
# %% tags=raises-exception
1 / 0
# %%
[][0]
# %%
name = input("Who are you? ")
# %% tags=raises-exception
if True:
print("no indent")
# %% test=test_double points=1
assert double(2) == 4
### BEGIN HIDDEN TESTS
assert double(50) == limit
### END HIDDEN TESTS
# %% test=test_shown points=1
assert shown == [0, 2, 4]
# %% wrong=double
def double(x):
    return 2 * x
