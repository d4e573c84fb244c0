"""The sixteen signs that `symptoms` measures, as data: when each is there, and the cause that it suggests first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """One kind of symptom.

    Attributes:
        stage: of the system, where it is measured.
        there_when: what it means that it is there.
        suggests: a name of `FAMILIES`: what one thinks of first.
        average: whether it is a mean over many rows, which moves when something else breaks.
    """

    name: str
    stage: str
    there_when: str
    suggests: str
    average: bool = False


_SIGNS = (
    Sign("acted", "outcome", "delays are below their replay where agents were alerted", "feedback_loop", average=True),
    Sign("coarse", "serving", "predictions that differ from their replay repeat few values", "bad_quantization"),
    Sign("duplicates", "input", "a carrier's flights come twice", "duplicate_events"),
    Sign("failed", "serving", "a host's predictions are NaN", "failing_host"),
    Sign("frozen", "input", "an airport's weather repeats", "stale_cache"),
    Sign("implausible", "input", "a feature is out of its usual range or grid", "unit_change"),
    Sign("labels late", "outcome", "a label is not there after 16 hours", "label_delay", average=True),
    Sign("lag", "input", "an airport's requests come late", "late_events"),
    Sign("missing", "input", "a feature is NaN", "schema_change"),
    Sign("replay", "serving", "a host's predictions differ from their replay", "stale_model"),
    Sign("residual", "outcome", "a carrier's delays rise above their replay", "carrier_outage", average=True),
    Sign("scaled", "serving", "predictions differ from their replay in proportion to a feature",
         "skewed_preprocessing"),
    Sign("threshold", "outcome", "alerts are not those of 15 minutes", "wrong_threshold"),
    Sign("unknown code", "input", "a carrier's code is unknown", "schema_change"),
    Sign("wrong hour", "input", "`hour` disagrees with the clock", "time_zone"),
    Sign("zeros", "input", "a feature is 0", "zero_fill"),
)  # fmt: skip

SIGNS = {sign.name: sign for sign in _SIGNS}
SUGGESTS = {sign.name: sign.suggests for sign in _SIGNS}
