"""Changes that a callee made in place to mutable values which it was passed (see codec.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograder.judge.errors import CodecError
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.values.kinds import READ_MUTABLE, mutable_kind


def snapshot(encoder: Encoder) -> dict[int, list[Any]]:
    """number → parts of the encoder's objects, each naming the others by number: to compare later."""
    return {n: encoder.parts(x) for n, x in list(encoder.objects.items())}


def changes(before: Mapping[int, list[Any]], encoder: Encoder) -> list[Any]:
    """`[number, tag, parts]` of every mutable value that is not any more what its snapshot says."""
    now = [(n, encoder.objects[n], encoder.parts(encoder.objects[n])) for n in before]
    return [[n, _tag(x), parts] for n, x, parts in now if parts != before[n]]


def apply_changes(changed: list[Any], ours: Mapping[int, Any], decoder: Decoder) -> None:
    """Make our objects what the other side made of its copies, in place.

    Args:
        changed: what `changes` gave there.
        ours: number → object, as it was encoded here.

    Raises:
        CodecError: a change is malformed. Those before it have been made.
    """
    reader = Decoder(decoder.other, {**decoder.objects, **ours}, decoder.known)
    try:
        for number, tag, parts in changed:
            _apply(number, tag, parts, ours, reader)
    except CodecError:
        raise
    except Exception as error:
        raise CodecError(f"a malformed change ({type(error).__name__})") from None


def _apply(number: int, tag: str, parts: list[Any], ours: Mapping[int, Any], reader: Decoder) -> None:
    old = ours.get(number)
    if old is None or _tag(old) != tag:
        raise CodecError("a change of something that was not passed")
    new = reader.new(tag, number, parts)
    reader.objects[number] = old
    READ_MUTABLE[tag].overwrite(old, new)


def _tag(x: Any) -> str | None:
    kind = mutable_kind(x)
    return kind.tag if kind else None
