"""Talks to the judge behind the learner's process' back, over the socket that it holds. Promise P1."""

from attack_samples.target import Attack, on

FIND = """
import gc, struct, msgpack
def session():
    return next(o for o in gc.get_objects() if type(o).__name__ == 'Session' and type(o).__module__.startswith('autograder'))
def send(message):
    session().wire.send(message)
def raw(data):
    session().wire.sock.sendall(data)
"""
LOST = r"yours is \[1.0, 4.0\]|ended its own process|did not answer|returned|raised|plain value|expected a value"


def wire(name: str, line: str, status: str | None = "graded") -> Attack:
    """A message of the learner's own making, then a wrong answer."""
    return on("double", name, "P1", FIND + f"def double(x):\n    {line}\n    return x", LOST, status)


ATTACKS: list[Attack] = [
    wire("answers questions that were not asked", "[send({'re': i, 'ok': True, 'changed': []}) for i in range(1000)]"),
    wire("answers with a verdict", "send({'verdict': {'outcome': 'ran', 'counts': [1, 1, 1], 'message': '', 'line': None, 'kind': None, 'seconds': 0}})"),
    wire("no message at all", "raw(b'\\xff' * 100)", "crashed"),
    wire("a frame of four gigabytes", "raw(struct.pack('<I', 0xFFFFFFFF))", "crashed"),
    wire("half a frame", "raw(struct.pack('<I', 1000) + b'x')", "timeout"),
    wire("no map", "send([1, 2, 3])", None),
    wire("a map without keys", "send({})"),
    wire("nested too deep", "raw(struct.pack('<I', 100_000) + b'\\x91' * 100_000)", "crashed"),
    wire("calls of what was never lent", "[send({'ask': i, 'lent': 10**6, 'method': '__class__', 'args': ['l', 0, []], 'kwargs': ['d', 0, []]}) for i in range(10)]"),
    wire("a call with a poisoned name", "send({'ask': 1, 'lent': 0, 'method': '__init__', 'args': ['l', 0, []], 'kwargs': ['d', 0, []]})"),
    wire("an answer with an unknown kind", "send({'re': 0, 'ok': ['zz', 1, 2], 'changed': []})"),
    wire("a change of what was not passed", "send({'re': 1, 'ok': None, 'changed': [[99, 'a', ['<f8', [2], bytes(16)]]]})"),
    wire("an array that is larger than it says", "send({'re': 1, 'ok': ['a', 5, '<f8', [10**9], b''], 'changed': []})"),
    wire("an array of objects by name", "send({'re': 1, 'ok': ['a', 5, '|O', [2], b'x' * 16], 'changed': []})"),
    wire("a dataclass that nobody knows", "send({'re': 1, 'ok': ['dc', 5, 'os', 'system', ['x'], ['id']], 'changed': []})"),
    wire("a namedtuple whose names are the judge's", "send({'re': 1, 'ok': ['nt', 'm', 'n', ['_fields', '__class__'], [1, 2]], 'changed': []})"),
    wire("a member of no Enum", "send({'re': 1, 'ok': ['en', 'os', 'system', '__class__'], 'changed': []})"),
    wire("a zone that is a file", "send({'re': 1, 'ok': ['tz', ['zoneinfo', '../../../etc/passwd']], 'changed': []})"),
    wire("a column of Arrow with an offset beyond its text", "send({'re': 1, 'ok': ['ar', 'array', 'string', [1, [None, bytes(4) + b'\\xff' * 4, b''], []]], 'changed': []})"),
    wire("a share of the points", "send({'verdict': {'outcome': 'ran', 'counts': [1, 1, 1], 'fraction': 1.0}}); send({'re': 1, 'fraction': 1.0, 'ok': None})"),
    wire("an error that is none", "send({'re': 1, 'error': 5})"),
    wire("closes the socket", "session().wire.sock.close()", None),
    wire("ten thousand calls at once", "[send({'ask': i, 'lent': 0, 'method': None, 'args': ['l', 0, []], 'kwargs': ['d', 0, []]}) for i in range(10_000)]", None),
]  # fmt: skip
