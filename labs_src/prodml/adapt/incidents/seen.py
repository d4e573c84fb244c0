"""Where a cause is to be seen in the console: the view to open, and what it shows."""

from __future__ import annotations

from prodml.adapt.incidents.evidence import Truth

# Cause → (look at, split by, what one sees there); "" looks at the feature that broke.
_SEEN = {
    "unit_change": ("", "origin", "its mean jumps to another level"),
    "zero_fill": ("zeros", "all", "values of exactly 0 appear that healthy days hardly have"),
    "time_zone": ("hour", "origin", "the mean hour jumps by four or five"),
    "stale_cache": ("temp", "origin", "one airport's line turns flat while the others go up and down"),
    "late_events": ("lag", "origin", "one airport's requests come minutes late"),
    "duplicate_events": ("requests", "every slice", "one carrier has more requests than flights"),
    "skewed_preprocessing": ("prediction − replay", "host", "what was said leaves what a replay says"),
    "bad_quantization": ("prediction − replay", "host", "all hosts leave what a replay says"),
    "stale_model": ("prediction − replay", "host", "one host leaves what a replay says, the others do not"),
    "failing_host": ("failed", "host", "one host fails, the others do not"),
    "wrong_threshold": ("alerted", "origin", "the share of alerts jumps, and no prediction does"),
    "label_delay": ("labels", "all", "fewer labels come than usual at that hour"),
    "feedback_loop": ("label − replay", "all", "delays fall below what a replay expects"),
    "carrier_outage": ("label − replay", "every slice", "one carrier is later than a replay expects"),
    "nothing": ("overview", "all", "nothing leaves its usual band for long"),
}


def best_view(truth: Truth) -> tuple[str, str, str]:
    """What to look at, what to split it by, and what is seen there. A hard fault may be faint even so.

    Returns:
        A name of the console's `LOOKS`, one of its `SPLITS`, and half a sentence.
    """
    if truth.cause == "schema_change":
        if truth.where == "carrier":
            return "newest requests", "all", "the carrier's code has three letters instead of two"
        return "missing", "origin", f"{truth.where} is not there any more"
    look_at, split_by, words = _SEEN[truth.cause]
    return look_at or truth.where, split_by, words
