"""pyarrow arrays and tables as parts of nodes (see codec.py): allowed types by name, buffers as they are.

Not as Arrow's own IPC: its reader unpacks compressed bodies of any size and loads extension types by name. Metadata
of a schema is left out. pyarrow is imported only when one of its values arrives.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from autograder.judge.errors import CodecError
from autograder.judge.values.nodes import Reader, length

SIMPLE = (
    *("null", "bool", "float", "double", "halffloat", "string", "large_string", "binary", "large_binary"),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("date32[day]", "date64[ms]", "time32[s]", "time32[ms]", "time64[us]", "time64[ns]"),
    *(f"duration[{unit}]" for unit in ("s", "ms", "us", "ns")),
)
BUFFERS = {"null": 1, "string": 3, "large_string": 3, "binary": 3, "large_binary": 3}  # others: validity and data
CALLED = {"float": "float32", "double": "float64", "halffloat": "float16", "bool": "bool_"}  # str(type) → function
ZONE = re.compile(r"(?!dateutil/)[A-Za-z0-9_+-]{1,30}(/[A-Za-z0-9_+-]{1,30}){0,2}|[+-]\d\d:\d\d")  # no path


def is_arrow(x: Any) -> bool:
    """Whether `x` is an array or a table of pyarrow's, without importing it."""
    pa: Any = sys.modules.get("pyarrow")
    return type(x).__module__ == "pyarrow.lib" and isinstance(x, (pa.Array, pa.ChunkedArray, pa.RecordBatch, pa.Table))


def contents(x: Any) -> list[Any]:
    """`[name, …]` of an array, a chunked array, a record batch or a table.

    Raises:
        CodecError: it holds a type that is not allowed.
    """
    import pyarrow as pa

    if isinstance(x, pa.Array):
        return ["array", _type_node(x.type), _array_node(x)]
    if isinstance(x, pa.ChunkedArray):
        return ["chunks", _type_node(x.type), [_array_node(c) for c in x.chunks]]
    fields = [[f.name, _type_node(f.type), f.nullable] for f in x.schema]
    if isinstance(x, pa.RecordBatch):
        return ["batch", fields, [_array_node(c) for c in x.columns]]
    return ["table", fields, [[_array_node(c) for c in column.chunks] for column in x.columns]]


def read(parts: list[Any], reader: Reader) -> Any:
    """What `contents` describes, with every value validated by pyarrow."""
    import pyarrow as pa

    name, first, columns = parts
    reader.count(len(columns))
    if name in ("array", "chunks"):
        kind = _read_type(first, reader)
        x = _read_array(columns, kind, reader) if name == "array" else _read_chunks(columns, kind, reader)
    else:
        schema = pa.schema([pa.field(n, _read_type(t, reader), nullable=bool(null)) for n, t, null in first])
        if len(schema) != len(columns) or name not in ("batch", "table"):
            raise CodecError("a table whose columns do not fit its schema")
        make, one = (pa.RecordBatch, _read_array) if name == "batch" else (pa.Table, _read_chunks)
        x = make.from_arrays([one(c, t, reader) for c, t in zip(columns, schema.types, strict=True)], schema=schema)
    x.validate(full=True)
    return x


def _type_node(kind: Any) -> Any:
    import pyarrow.types as t

    if str(kind) in SIMPLE:
        return str(kind)
    if t.is_timestamp(kind):
        return ["timestamp", kind.unit, kind.tz]
    if t.is_decimal128(kind):
        return ["decimal128", kind.precision, kind.scale]
    if t.is_dictionary(kind):
        return ["dictionary", _type_node(kind.index_type), _type_node(kind.value_type), kind.ordered]
    if t.is_list(kind) or t.is_large_list(kind):
        return ["list" if t.is_list(kind) else "large_list", _type_node(kind.value_type)]
    if t.is_struct(kind):
        return ["struct", [[f.name, _type_node(f.type)] for f in kind]]
    raise CodecError(f"an Arrow column of type {kind} has no plain value")


def _read_type(node: Any, reader: Reader) -> Any:
    import pyarrow as pa

    reader.count(1)
    if node in SIMPLE:
        name, _, unit = node.rstrip("]").partition("[")
        arguments = [unit] if unit and not name.startswith("date") else []
        return getattr(pa, CALLED.get(name, name))(*arguments)
    tag, *rest = node
    match tag:
        case "timestamp":
            if rest[1] is not None and not ZONE.fullmatch(rest[1]):
                raise CodecError("a malformed time zone")
            return pa.timestamp(*rest)
        case "decimal128":
            return pa.decimal128(*rest)
        case "dictionary":
            return pa.dictionary(_read_type(rest[0], reader), _read_type(rest[1], reader), ordered=bool(rest[2]))
        case "list" | "large_list":
            return (pa.list_ if tag == "list" else pa.large_list)(_read_type(rest[0], reader))
        case "struct":
            return pa.struct([pa.field(str(n), _read_type(t, reader)) for n, t in rest[0]])
    raise CodecError("a type of Arrow column that is not allowed")


def _array_node(x: Any) -> list[Any]:
    """`[length, buffers, children]`, cut to what the array shows of its buffers."""
    import pyarrow as pa

    if pa.types.is_dictionary(x.type):
        return [len(x), [], [_array_node(x.indices), _array_node(x.dictionary)]]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([pa.field("", x.type)])) as writer:
        writer.write_batch(pa.record_batch([x], names=[""]))
    (cut,) = pa.ipc.open_stream(sink.getvalue()).read_next_batch().columns
    return _parts(cut)


def _parts(x: Any) -> list[Any]:
    import pyarrow.types as t

    children = []
    if t.is_list(x.type) or t.is_large_list(x.type):
        children = [_array_node(x.values)]
    elif t.is_struct(x.type):
        children = [_array_node(x.field(i)) for i in range(x.type.num_fields)]
    buffers = x.buffers()[: _buffers(x.type)]
    return [len(x), [None if b is None else b.to_pybytes() for b in buffers], children]


def _buffers(kind: Any) -> int:
    import pyarrow.types as t

    return 1 if t.is_struct(kind) else BUFFERS.get(str(kind), 2)


def _read_array(node: Any, kind: Any, reader: Reader) -> Any:
    import pyarrow as pa
    import pyarrow.types as t

    n, buffers, nodes = node
    reader.count(1 + len(nodes))
    if t.is_dictionary(kind):
        indices, values = _read_array(nodes[0], kind.index_type, reader), _read_array(nodes[1], kind.value_type, reader)
        indices.validate(full=True)
        return pa.DictionaryArray.from_arrays(indices, values, ordered=kind.ordered, safe=True)
    if len(buffers) != _buffers(kind):
        raise CodecError("an Arrow column whose buffers do not fit its type")
    kinds = [kind.field(i).type for i in range(kind.num_fields)]
    children = [_read_array(c, k, reader) for c, k in zip(nodes, kinds, strict=True)]
    held = [None if b is None else pa.py_buffer(b) for b in buffers]
    return pa.Array.from_buffers(kind, length(n), held, children=children)  # validated as a whole, see `read`


def _read_chunks(nodes: Any, kind: Any, reader: Reader) -> Any:
    import pyarrow as pa

    reader.count(len(nodes))
    return pa.chunked_array([_read_array(n, kind, reader) for n in nodes], type=kind)
