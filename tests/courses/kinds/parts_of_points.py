# The last expression's number is points; of one test the solution itself gets a part only.
# Right: 4.5
# Wrong: 2.5
# Blank: 0
# From outside: test_parts, test_most
# %% answer=sort
def sort(values):
    ### BEGIN SOLUTION
    return sorted(values)
    ### END SOLUTION


# %% test=test_parts points=3
points = 0
if sort([2, 1]) == [1, 2]:
    points += 1
if sort([]) == []:
    points += 1
### BEGIN HIDDEN TESTS
if sort([3, 1, 2]) == [1, 2, 3]:
    points += 1
### END HIDDEN TESTS
points
# %% test=test_most points=2
0.5 * (sort([2, 1]) == [1, 2]) + 1 * (sort([1, 3, 2]) == [1, 2, 3])


# %% wrong=sort
def sort(values):
    return values[::-1] if len(values) == 2 else values[1:]
