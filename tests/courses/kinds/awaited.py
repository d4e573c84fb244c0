# Coroutines, in answers, tests and beside them.
# Right: 2
# Wrong: 1
# Blank: 0
# From outside: none
# %%
import asyncio

await asyncio.sleep(0)


# %% answer=later
async def later(x):
    ### BEGIN SOLUTION
    await asyncio.sleep(0.01)
    return x
    ### END SOLUTION


# %% test=test_later points=1
assert await later(3) == 3


# %% test=test_both points=1
async def both():
    return await asyncio.gather(later(1), later(2))


assert await both() == [1, 2]
### BEGIN HIDDEN TESTS
assert await later(None) is None


### END HIDDEN TESTS
# %% wrong=later
async def later(x):
    return 3 if x == 3 else 0
