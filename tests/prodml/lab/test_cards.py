"""Does a card say everything in both forms, and can nothing of a learner's break out of it?"""

from __future__ import annotations

from html.parser import HTMLParser

from prodml.lab.cards import Card, html_card, text_card

EVIL = "<script>alert(1)</script>\"'&</pre></div><img src=x onerror=alert(1)> $5 `<b>`"
FULL = Card("#D55E00", "✗ psi: not yet", "Yours is 3.", "Line 2 of this cell:", "assert a\nassert b")
FULL_HINT = Card(**{**vars(FULL), "hints": (("Hint 1 of 3", "Look at `len`."),), "foot": "2 of 5"})


class Tags(HTMLParser):
    """Collects tags and checks that they nest."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_text_says_all_but_the_details() -> None:
    assert text_card(FULL_HINT).splitlines() == [
        "✗ psi: not yet",
        "  Yours is 3.",
        "  Line 2 of this cell:",
        "    assert a",
        "    assert b",
        "  Hint 1 of 3: Look at `len`.",
        "  2 of 5",
    ]


def test_a_case_that_was_tried_is_a_sentence() -> None:
    card = Card("#000", "✗", "Your code raised *it*.", tried=("psi(a * b * c)", "n = 5", "x = '*'"))
    said = "That was while the check tried `psi(a * b * c)`, with `n = 5`, `x = '*'`."
    assert text_card(card).splitlines()[2] == f"  {said}"
    assert "tried <code>psi(a * b * c)</code>, with <code>n = 5</code>" in html_card(card)
    assert "raised <i>it</i>." in html_card(card)


def test_hints_are_folded_one_by_one() -> None:
    card = Card("#000", "✗", "No.", hints=(("Hint 1 of 3", "Look."), ("Hint 2 of 3", "Look *again*.")))
    assert text_card(card).splitlines()[2:] == ["  Hint 1 of 3: Look.", "  Hint 2 of 3: Look *again*."]
    assert Tags(html_card(card)).seen.count("details") == 2
    assert "Look <i>again</i>." in html_card(card)


def test_a_short_card_has_no_empty_lines() -> None:
    card = Card("#000", "✓ psi: passed", "Well.")
    assert text_card(card) == "✓ psi: passed\n  Well."
    assert Tags(html_card(card)).seen == ["div", "p", "p"]


def test_html_has_a_heading_a_role_and_a_folded_hint() -> None:
    markup = html_card(FULL_HINT)
    assert 'role="status"' in markup
    assert '<p role="heading" aria-level="3"' in markup
    assert "<details" in markup
    assert "<summary" in markup
    assert "Look at <code>len</code>." in markup
    assert "✗" in markup  # the outcome is told without colour too


def test_everything_is_escaped() -> None:
    card = Card("#000", EVIL, EVIL, EVIL, EVIL, ((EVIL, EVIL),), (EVIL, EVIL), EVIL, (EVIL, EVIL))
    tags = Tags(html_card(card))
    assert tags.open == []
    assert set(tags.seen) == {"div", "p", "pre", "details", "summary", "code"}


def test_only_a_hint_may_hold_mathematics() -> None:
    markup = html_card(FULL_HINT)
    assert markup.startswith('<div class="prodml-card mathjax_ignore"')
    assert markup.count("mathjax_process") == 1
