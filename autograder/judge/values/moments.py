"""Dates, times and their zones as parts of nodes (see codec.py)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from autograder.judge.errors import CodecError


def zone_node(zone: dt.tzinfo | None) -> list[Any] | None:
    """`[kind, …]` of a fixed offset, a zoneinfo zone or one of pytz, which pandas may use.

    Raises:
        CodecError: another kind of zone.
    """
    if zone is None:
        return None
    if type(zone) is dt.timezone:
        offset, name = zone.utcoffset(None), zone.tzname(None)
        own = name if name != dt.timezone(offset).tzname(None) else None
        return ["offset", *delta_node(offset), own]
    if type(zone) is ZoneInfo and zone.key:
        return ["zoneinfo", zone.key]
    if type(zone).__module__.partition(".")[0] == "pytz" and getattr(zone, "zone", None):
        return ["pytz", str(zone.zone)]  # type: ignore[attr-defined]
    raise CodecError(f"a time zone of type {type(zone).__name__} has no plain value")


def read_zone(node: Any) -> dt.tzinfo | None:
    """The zone that `zone_node` describes; zoneinfo and pytz open no file outside their folder of zones."""
    if node is None:
        return None
    kind, *rest = node
    if kind == "offset":
        offset, name = dt.timedelta(*rest[:3]), rest[3]
        return dt.timezone(offset) if name is None else dt.timezone(offset, name)
    if kind == "zoneinfo":
        return ZoneInfo(rest[0])
    if kind == "pytz":
        import pytz  # type: ignore[import-untyped]

        zone: dt.tzinfo = pytz.timezone(rest[0])
        return zone
    raise CodecError("an unknown kind of time zone")


def delta_node(x: dt.timedelta) -> list[Any]:
    return [x.days, x.seconds, x.microseconds]


def moment_node(x: dt.datetime | dt.time) -> list[Any]:
    """`[text without the zone, zone, fold]` of a datetime or a time of day."""
    zone = zone_node(x.tzinfo)
    if zone and zone[0] == "pytz":
        raise CodecError("a datetime in a zone of pytz has no plain value: use zoneinfo")
    return [x.replace(tzinfo=None).isoformat(), zone, x.fold]


def read_datetime(contents: list[Any]) -> dt.datetime:
    text, zone, fold = contents
    return dt.datetime.fromisoformat(text).replace(tzinfo=read_zone(zone), fold=fold)


def read_time(contents: list[Any]) -> dt.time:
    text, zone, fold = contents
    return dt.time.fromisoformat(text).replace(tzinfo=read_zone(zone), fold=fold)
