"""Text of a learner's in which nothing is unseen."""

from __future__ import annotations

import re

# Control characters, those that make text read in another order than it is run, and those that take no room or look
# like a blank, though some of them are letters in a name. Joiners stay: scripts and pictures need them.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def plain(text: str) -> str:
    """Text whose unseen characters are written out, such as `\\u202e`."""
    return UNSEEN.sub(lambda found: _escaped(found[0]), text.replace("\r\n", "\n"))


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
