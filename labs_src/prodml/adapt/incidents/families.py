"""The fault families, as data: what can go wrong, where, whose change it is, and what one does about it."""

from __future__ import annotations

from dataclasses import dataclass

FEATURES = ("dep_delay", "hour", "distance", "temp", "humid", "wind_speed", "pressure", "visib", "precip")
CARRIERS = ("9E", "AA", "B6", "DL", "EV", "MQ", "UA", "US", "WN")  # those with more than 12,000 flights in the year
ORIGINS = ("EWR", "JFK", "LGA")
HOSTS = ("h1", "h2", "h3", "h4")
COMPONENTS = ("features", "model", "server", "decision", "labels")

ACTIONS = {
    "nothing": "Close the alarm.",
    "roll_back": "Roll back the deploy that began it.",
    "repair_input": "Quarantine the input, fall back to its last good version, call its producer.",
    "drain_host": "Take the host out of the load balancer.",
    "wait": "Judge nothing until the labels have come.",
    "inform": "The world has changed, not the system: tell those who act on predictions.",
    "hold_out": "Keep a random group of flights that nobody acts on, and learn from those.",
}
# Name → from how many wrong alerts per 100 flights on. "none": nothing is broken.
SEVERITIES = {"high": 3.0, "medium": 0.5, "low": 0.0}


@dataclass(frozen=True)
class Family:
    """One kind of fault.

    Attributes:
        group: the stage that it belongs to: "input", "serving", "outcome" or "none".
        places: what `where` can be: a feature, "origin=JFK", "carrier=UA", "host=h2", or a stage.
        owner: the component of ours whose deploy can cause it; None if no deploy of ours can.
        ours: how often such a deploy began it; otherwise it came from outside or by itself.
        action: what to do if it did not begin with a deploy of ours; if it did, roll back.
        story: what happened, in one sentence.
    """

    name: str
    group: str
    places: tuple[str, ...]
    owner: str | None
    ours: float
    action: str
    story: str


def _slices(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}={v}" for v in values)


_FAMILIES = (
    Family("nothing", "none", ("nowhere",), None, 0, "nothing", "Nothing is broken."),
    Family("unit_change", "input", ("temp", "wind_speed", "distance", "pressure", "visib"), "features", 0.4,
           "repair_input", "A number comes in another unit."),
    Family("zero_fill", "input", ("temp", "humid", "pressure", "visib"), "features", 0.4,
           "repair_input", "Missing values are filled with 0."),
    Family("schema_change", "input", ("temp", "humid", "wind_speed", "visib", "carrier"), "features", 0.4,
           "repair_input", "A column has been renamed, or its codes have."),
    Family("time_zone", "input", ("hour",), "features", 0.6,
           "repair_input", "The hour is one of UTC instead of New York's."),
    Family("stale_cache", "input", _slices("origin", ORIGINS), "features", 0.4,
           "repair_input", "The cache of one airport's weather is not refreshed any more."),
    Family("late_events", "input", _slices("origin", ORIGINS), "features", 0.4,
           "repair_input", "Departure events of one airport come late: the model sees no delay yet."),
    Family("duplicate_events", "input", _slices("carrier", CARRIERS), "features", 0.4,
           "repair_input", "Events of one carrier come twice."),
    Family("skewed_preprocessing", "serving", ("dep_delay", "hour", "temp", "humid", "visib"), "server", 1,
           "roll_back", "The server scales a feature with other statistics than training did."),
    Family("bad_quantization", "serving", ("model",), "model", 1,
           "roll_back", "A quantized model is rolled out; its grid is too coarse and ends too early."),
    Family("stale_model", "serving", _slices("host", HOSTS), None, 0,
           "drain_host", "One host still serves an old model and reports the new one."),
    Family("failing_host", "serving", _slices("host", HOSTS), None, 0,
           "drain_host", "One host answers some requests with NaN."),
    Family("wrong_threshold", "outcome", ("decision",), "decision", 1,
           "roll_back", "The threshold above which agents are alerted has been changed."),
    Family("label_delay", "outcome", ("labels",), "labels", 0.4,
           "wait", "Labels come more than a day late."),
    Family("feedback_loop", "outcome", ("decision",), None, 0,
           "hold_out", "Agents now act on alerts, and alerted flights stop being late."),
    Family("carrier_outage", "outcome", _slices("carrier", CARRIERS), None, 0,
           "inform", "One carrier's operation breaks down."),
)  # fmt: skip

FAMILIES = {family.name: family for family in _FAMILIES}
GROUPS = tuple(dict.fromkeys(family.group for family in _FAMILIES))
UNITS = {  # feature → (factor, offset) of the other unit
    "temp": (1 / 1.8, -32 / 1.8),  # °F → °C
    "wind_speed": (0.44704, 0.0),  # mph → m/s
    "distance": (1.609344, 0.0),  # miles → km
    "pressure": (0.02953, 0.0),  # hPa → inches of mercury
    "visib": (1.609344, 0.0),  # miles → km
}
ICAO = {"9E": "FLG", "AA": "AAL", "B6": "JBU", "DL": "DAL", "EV": "ASQ", "MQ": "ENY", "UA": "UAL", "US": "AWE",
        "WN": "SWA", "AS": "ASA", "F9": "FFT", "FL": "TRS", "HA": "HAL", "OO": "SKW", "VX": "VRD",
        "YV": "ASH"}  # fmt: skip
