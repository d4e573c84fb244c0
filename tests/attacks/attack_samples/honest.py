"""Right answers in odd forms: full points. Promise P7."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from attack_samples.target import Attack


def honest(name: str, **cells: str) -> Attack:
    """Loses nothing."""
    return Attack(name, "P7", cells)


def _helper(nb: NotebookNode) -> None:
    at = next(i for i, c in enumerate(nb.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == "double")
    nb.cells.insert(at, new_code_cell("twice = 2"))


def _broken_helper(nb: NotebookNode) -> None:
    nb.cells.insert(0, new_code_cell("1 / 0"))


ATTACKS: list[Attack] = [
    Attack("a helper cell", "P7", {"double": "def double(x): return twice * x"}, change=_helper),
    Attack("a cell of its own that raises", "P7", change=_broken_helper),
    honest("a callable object", double="class Double:\n    def __call__(self, x): return 2 * x\ndouble = Double()"),
    honest("a lambda", double="double = lambda x: x + x"),
    honest("a partial", double="import functools, operator\ndouble = functools.partial(operator.mul, 2)"),
    honest("a bound method", double="class A:\n    def f(self, x): return 2 * x\ndouble = A().f"),
    honest("NumPy scalars", count="class Counter:\n    n = np.int64(0)\n    def add(self): self.n += 1\n    def total(self): return self.n"),
    honest("a NumPy scalar as share", share="def share(x): return np.float64(np.mean(x))"),
    honest("a dataclass", count="import dataclasses\n@dataclasses.dataclass\nclass Counter:\n    calls: list = dataclasses.field(default_factory=list)\n    def add(self): self.calls.append(self)\n    def total(self): return len(self.calls)"),
    honest("a namedtuple and an Enum inside", count="import enum, typing\nclass State(enum.Enum):\n    ON = 1\nclass Both(typing.NamedTuple):\n    n: int\n    state: State\nclass Counter:\n    def __init__(self): self.kept = Both(0, State.ON)\n    def add(self): self.kept = self.kept._replace(n=self.kept.n + 1)\n    def total(self): return self.kept.n"),
    honest("prints and warnings", double="import sys, warnings\ndef double(x):\n    print('hi')\n    print('oh', file=sys.stderr)\n    warnings.warn('careful')\n    return 2 * x"),
    honest("a global", double="n = 0\ndef double(x):\n    global n\n    n += 1\n    return 2 * x"),
    honest("an input that nobody answers", double="try:\n    input('name? ')\nexcept EOFError:\n    pass\ndef double(x): return 2 * x"),
    honest("magics", double="%precision 3\n%matplotlib inline\ndef double(x): return 2 * x"),
    honest("a shell command", double="files = !ls\n!echo hi > note.txt\ndef double(x): return 2 * x"),
    honest("threads", fetch="from concurrent.futures import ThreadPoolExecutor\ndef fetch(store, keys):\n    with ThreadPoolExecutor(4) as pool: return list(pool.map(store.get, keys))"),
    honest("a process pool", double="from concurrent.futures import ProcessPoolExecutor\ndef one(v): return 2 * v\ndef double(x):\n    with ProcessPoolExecutor(2) as pool: return np.array(list(pool.map(one, x)))"),
    honest("a server of its own", double="import http.server, threading, urllib.request\nserver = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\nthreading.Thread(target=server.serve_forever, daemon=True).start()\n"
           "def double(x):\n    urllib.request.urlopen(f'http://127.0.0.1:{server.server_port}/').read()\n    return 2 * x"),
    honest("files of its own", double="import json\ndef double(x):\n    json.dump(x.tolist(), open('x.json', 'w'))\n    return 2 * np.array(json.load(open('x.json')))"),
    honest("a temporary file", double="import tempfile\ndef double(x):\n    with tempfile.NamedTemporaryFile() as f:\n        np.save(f, x)\n        f.flush()\n        return 2 * np.load(f.name)"),
    honest("its own exception, caught", double="class Oops(Exception): pass\ndef double(x):\n    try: raise Oops\n    except Oops: return 2 * x"),
    honest("a list of floats that become an array", double="def double(x): return np.array([float(v) * 2 for v in x])"),
    honest("a generator function and a list", squares="def squares(n): return [i * i for i in range(n)]"),
    honest("asyncio", double="import asyncio\nasync def later(x):\n    await asyncio.sleep(0)\n    return 2 * x\ndef double(x): return asyncio.run(later(x))"),
    honest("a seed of its own", double="np.random.seed(1)\nrng = np.random.default_rng(1)\ndef double(x): return 2 * x"),
    honest("a module of its own", double="open('helper.py', 'w').write('two = 2')\nimport sys\nsys.path.insert(0, '.')\nimport helper\ndef double(x): return helper.two * x"),
]  # fmt: skip
