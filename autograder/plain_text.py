"""Text of a learner's in which nothing is unseen."""

from __future__ import annotations

import re

# Control characters, and those that make text read in another order than it is run.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """Text whose unseen characters are written out, such as `\\u202e`."""
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n"))
