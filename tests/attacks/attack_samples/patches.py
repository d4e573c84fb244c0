"""Changes to everything that a test in the same process would use. Promise P1."""

from attack_samples.target import POINTS, Attack, on

WRONG = "\ndef double(x): return x + 2"
SAYS = r"Twice \[1, 4\] is \[2, 8\], yours is \[3.0, 6.0\]"


def patch(name: str, source: str) -> Attack:
    """A patch before a wrong answer, which changes nothing."""
    return on("double", name, "P1", source + WRONG, SAYS)


def ruin(name: str, source: str) -> Attack:
    """A patch that breaks the learner's own process for good: what comes after has no points either."""
    return Attack(name, "P1", {"double": source + WRONG}, tuple(POINTS), {}, None)


ATTACKS: list[Attack] = [
    Attack("len", "P1", {"double": "import builtins\nbuiltins.len = lambda x: 2"}, ("double",), {}, "crashed"),
    patch("builtins", "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.sum = min"),
    patch("numpy", "np.allclose = np.array_equal = np.isclose = lambda *a, **k: True"),
    patch("numpy.testing", "import numpy.testing as t\nfor n in dir(t):\n    if n.startswith('assert'): setattr(t, n, lambda *a, **k: None)"),
    patch("AssertionError", "import builtins\nclass Never(Exception): pass\nbuiltins.AssertionError = Never"),
    ruin("compile and exec", "import builtins\nbuiltins.compile = lambda *a, **k: None\nbuiltins.exec = lambda *a, **k: None"),
    ruin("run_cell", "ip = get_ipython()\ntype(ip).run_cell = lambda self, *a, **k: None\ntype(ip).run_code = lambda self, *a, **k: False"),
    patch("showtraceback", "ip = get_ipython()\nip.showtraceback = lambda *a, **k: None\nip.set_custom_exc((Exception,), lambda *a, **k: None)"),
    patch("events", "ip = get_ipython()\nip.events.register('post_run_cell', lambda result: setattr(result, 'error_in_exec', None))"),
    ruin("input transformers", "ip = get_ipython()\nip.input_transformers_cleanup.append(lambda lines: ['pass\\n'])"),
    patch("ast transformers", "import ast\nclass NoAssert(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
          "get_ipython().ast_transformers.append(NoAssert())"),
    patch("prodml.check", "import prodml, contextlib\n@contextlib.contextmanager\ndef check(name):\n    try: yield\n    except BaseException: pass\nprodml.check = check"),
    patch("prodml.value", "import prodml\nvalue = prodml.value = lambda x, kind: np.array([2.0, 8.0])"),
    patch("hidden_rng", "import prodml\nhidden_rng = prodml.hidden_rng = lambda: np.random.default_rng(0)"),
    ruin("the codec", "import autograder.judge.values.codec as c\nc.Encoder.node = lambda self, x: ['a', 0, '<f8', [2], b'']\nc.Encoder.parts = c.Encoder.node"),
    patch("a clock that stands still", "import time\ntime.sleep = lambda s: None\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0"),
    patch("a seed that is known", "np.random.seed(0)\nnp.random.default_rng = lambda *a: np.random.Generator(np.random.PCG64(0))"),
    patch("excepthook and exit", "import sys, atexit\nsys.excepthook = lambda *a: None\natexit.register(lambda: None)"),
    patch("a module beside the notebook", "open('numpy.py', 'w').write('raise SystemExit')\nopen('prodml.py', 'w').write('check = None')"),
    patch("sitecustomize", "open('sitecustomize.py', 'w').write('import builtins; builtins.abs = lambda x: 0')\nimport os\nos.environ['PYTHONPATH'] = os.getcwd()"),
    patch("warnings as errors", "import warnings\nwarnings.simplefilter('error')"),
]  # fmt: skip
