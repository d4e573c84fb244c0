"""Is every assertion counted, and does none pass without having run?"""

from __future__ import annotations

from typing import Any

import pytest

from autograder.judge.asserts import SITE, SiteFailed, count_sites, rewrite
from autograder.judge.errors import LearnerError


def run(source: str, **names: Any) -> list[int]:
    code, sites = rewrite(source, "<check>")
    exec(code, {SITE: sites, **names})
    return sites.counts


def test_each_site_is_counted_as_often_as_it_held() -> None:
    assert run("for i in range(3):\n    assert i < 9, 'small'\nassert True, 'once'") == [3, 1]


def test_an_iterator_that_ends_early_leaves_the_count_short() -> None:
    assert run("for i in iter(()):\n    assert i, 'never'") == [0]


def test_a_failed_site_carries_its_number_and_evaluated_message() -> None:
    with pytest.raises(SiteFailed) as caught:
        run("assert 1, 'a'\nx = 5\nassert x == 4, f'x is {x}'")
    assert (caught.value.site, caught.value.words) == (1, "x is 5")


def test_the_message_is_not_evaluated_while_the_assertion_holds() -> None:
    assert run("assert 1, missing_name") == [1]


def test_a_message_that_cannot_be_formatted_is_left_out() -> None:
    with pytest.raises(SiteFailed) as caught:
        run("assert 0, f'{x:.3f}'", x="text")
    assert caught.value.words is None


def test_what_the_learners_code_raises_in_a_test_belongs_to_its_site() -> None:
    def broken() -> None:
        raise LearnerError("ValueError", "their words")

    with pytest.raises(SiteFailed) as caught:
        run("assert 1, 'a'\nassert f() == 1, 'the sentence'", f=broken)
    assert caught.value.site == 1
    assert caught.value.error is not None
    assert caught.value.error.kind == "ValueError"


def test_sites_in_functions_and_loops_are_found_with_lines_and_literals() -> None:
    sites = count_sites("def f(x):\n    assert x, 'one'\n\nfor i in (1, 2):\n    f(i)\n    assert i, f'two {i}'")
    assert [(s.line, s.literal) for s in sites] == [(2, "one"), (6, None)]
