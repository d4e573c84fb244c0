"""Answers that lie about themselves, and values made to hurt whoever reads them. Promises P1 and P3."""

from attack_samples.target import Attack, on

EQUAL = """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __bool__(self): return True
    def __len__(self): return 2
    def __iter__(self): return iter([2.0, 8.0])
    def __float__(self): return 3.0
    def __int__(self): return 3
    def __index__(self): return 3
    def __sub__(self, other): return 0
    def __abs__(self): return 0
    def __hash__(self): return hash(3)
    def __array__(self, *args, **kwargs): return np.array([2.0, 8.0])
    def tolist(self): return self
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
"""
ARRAY = "expected a value of type NumPy array, but yours is of type"

ATTACKS: list[Attack] = [
    on("double", "equal to everything", "P1", EQUAL + "def double(x): return Equal()", ARRAY + " Equal"),
    on("count", "an int that equals all", "P1", "class All(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\n"
       "class Counter:\n    def add(self): pass\n    def total(self): return All(0)", "type int, but yours is of type All"),
    on("count", "class attribute lies", "P1", EQUAL + "class Lie(Equal):\n    __class__ = int\n"
       "class Counter:\n    def add(self): pass\n    def total(self): return Lie()", "expected a value of type int"),
    on("double", "a type named ndarray", "P1", EQUAL + "ndarray = type('ndarray', (Equal,), {'__module__': 'numpy'})\n"
       "def double(x): return ndarray()", "expected a value of type NumPy array"),
    on("double", "an array of objects that equal all", "P1", EQUAL + "def double(x):\n    a = np.empty(2, object)\n"
       "    a[:] = [Equal(), Equal()]\n    return a", r"could not use|Twice \[1, 4\]|returned|raised ValueError"),
    on("double", "a subclass of ndarray", "P1", "class Mine(np.ndarray):\n    def tolist(self): return [2.0, 8.0]\n"
       "def double(x): return np.zeros(2).view(Mine)", ARRAY + " Mine"),
    on("double", "an array that changes with each look", "P1", "class Odd:\n    n = 0\n    def __array__(self, *a, **k):\n"
       "        Odd.n += 1\n        return np.full(2, float(Odd.n))\ndef double(x): return Odd()", ARRAY + " Odd"),
    on("double", "not a number", "P1", "def double(x): return x * np.nan", r"yours is \[nan, nan\]"),
    on("double", "right shape, right first element", "P1", "def double(x): return np.array([2.0, 8.0])", "wrong for other arrays"),
    on("double", "changes its argument to fit", "P1", "def double(x):\n    x[:] = 0\n    return x",
       "changes an argument in place"),
    on("double", "doubles its argument in place", "P1", "def double(x):\n    x *= 2\n    return x", "changes an argument in place"),
    on("double", "an iterator's end as answer", "P1", "def double(x): raise StopIteration", "Your code raised StopIteration"),
    on("squares", "an iterator that is empty on the hidden input", "P1",
       "def squares(n): return iter([0, 1, 4, 9] if n == 4 else [])", "did not run all of its assertions"),
    on("squares", "a generator that raises to stop the loop", "P1",
       "def squares(n):\n    if n != 4: raise StopIteration('enough')\n    yield from [0, 1, 4, 9]", "RuntimeError|raised"),
    on("squares", "endless", "P3", "def squares(n):\n    while True: yield 0", r"yours are \[0, 0"),
    on("squares", "elements that equal all", "P1", EQUAL + "def squares(n): return [Equal()] * n", "could not use|yours are|plain value"),
    on("fetch", "a list that hides its length", "P1", "class Short(list):\n    def __eq__(self, o): return True\n"
       "def fetch(store, keys): return Short()", "type list, but yours is of type Short"),
    on("fetch", "answers without asking", "P1", "def fetch(store, keys): return [1, 2][:len(keys)] if len(keys) == 2 else [0] * 6",
       "you asked for"),
    on("fetch", "asks for what is not lent", "P1", "def fetch(store, keys): return [store.values[k] for k in keys]", "AttributeError"),
    on("fetch", "calls methods behind the facade", "P1",
       "def fetch(store, keys):\n    return store._session.call_judge(store._number, '__init__', [{}], {})", "AttributeError"),
    on("double", "nested ten thousand deep", "P3", "def double(x):\n    a = []\n    for _ in range(10_000): a = [a]\n    return a",
       "nested|deep|raised|returned"),
    on("double", "contains itself", "P3", "def double(x):\n    a = []\n    a.append(a)\n    return a", "type NumPy array, but yours is of type list"),
    on("double", "a hundred million zeros", "P3", "def double(x): return np.zeros(100_000_000)", "more memory than it may|cannot be sent|did not answer", None),
    on("double", "a dict of colliding keys", "P3",
       "def double(x): return {(2**61 - 1) * i * (1 << 60): 0 for i in range(1, 2_000)}", "too large for a key|type NumPy array"),
    on("double", "a number of a million digits", "P3", "def double(x): return 10 ** 1_000_000", "returned|type NumPy array|raised"),
    on("double", "text of a hundred megabytes", "P3", "def double(x): return 'x' * (100 << 20)", "cannot be sent: a message of"),
    on("double", "a structured array", "P3", "def double(x): return np.zeros(2, [('a', float), ('b', object)])", "returned|type|plain"),
    on("squares", "namedtuples that equal all", "P1", "import collections\nclass All(collections.namedtuple('All', 'x')):\n    def __eq__(self, o): return True\n    __hash__ = tuple.__hash__\n"
       "def squares(n): return [All(0)] * 4", r"yours are \[\(0,\)"),
    on("count", "a member of an Enum that equals all", "P1", "import enum\nclass All(enum.IntEnum):\n    ZERO = 0\n    def __eq__(self, o): return True\n    __hash__ = enum.IntEnum.__hash__\n"
       "class Counter:\n    def add(self): pass\n    def total(self): return All.ZERO", "type int, but yours is of type All"),
    on("double", "a bool that counts twice", "P1", "def double(x): return np.array([2, 2], np.uint8).view(bool)", r"yours is \[True, True\]"),
    on("double", "a generator that reads beside its block", "P3", "def double(x):\n    g = np.random.Generator(np.random.MT19937(0))\n    s = g.bit_generator.state\n    s['state']['pos'] = 10**9\n"
       "    g.bit_generator.state = s\n    return g", "malformed state"),
    on("double", "a range without end", "P3", "def double(x): return range(10**18)", "too large length"),
    on("double", "a thousand million nothings of Arrow", "P3", "import pyarrow as pa\ndef double(x): return pa.nulls(10**9)", "too large length"),
    on("double", "a dict of colliding complex numbers", "P3", "def double(x): return {complex(-1000003 * k, k): 0 for k in range(1, 2_000)}", "keys whose hashes collide"),
    on("double", "an error in half a character", "P3", "def double(x): raise ValueError('\\ud800')", r"raised ValueError: \\ud800"),
    on("fetch", "text in half a character", "P3", "def fetch(store, keys): return ['\\ud800', '\\udfff']", "yours"),
    on("share", "a float that is what is asked", "P1", EQUAL + "class Half(float):\n    def __sub__(self, o): return 0.0\n    __rsub__ = __sub__\ndef share(x): return Half(0.5)", "type float, but yours is of type Half"),
    on("share", "an object as share of the points", "P1", EQUAL + "def share(x): return 0.5 if len(x) == 2 else Equal()", "A hidden test failed"),
    on("share", "no number as share of the points", "P1", "def share(x): return 0.5 if len(x) == 2 else float('nan')", "^0% of the points: The check found no number of points"),
    on("share", "minus infinity as share of the points", "P1", "def share(x): return 0.5 if len(x) == 2 else float('-inf')", "^0% of the points: The check found no number of points"),
    on("share", "far beyond all points", "P1", "def share(x): return 0.5 if len(x) == 2 else -1e300", "^0% of the points: Your share is not quite right for other lists.$"),
    on("share", "credit that is patched", "P1", "import prodml.lab.checks\nimport autograder.judge.credit as c\nprodml.lab.checks.Check.credit = c.Credit.credit = c.Credit._keep = lambda *a, **k: None\n"
       "def share(x): return 0.5 if len(x) == 2 else 9.0", "^0% of the points"),
    on("share", "an exception instead of a share", "P1", "def share(x):\n    if len(x) != 2: raise StopIteration(1.0)\n    return 0.5", "raised StopIteration"),
    on("count", "bool for int", "P1", "class Counter:\n    def add(self): pass\n    def total(self): return True", "type int, but yours is of type bool"),
]  # fmt: skip
