"""Does a gate hold callers until enough are inside, and give up on those who come one after the other?"""

from prodml.fast.inputs.gates import Gate, wait_while_new

SHORT = 0.01  # seconds: a quiet period where a test expects nobody to come


def test_open_gate_holds_nobody():
    """Does a gate that waits for one caller let it pass without waiting?"""
    gate = Gate(quiet=1e9, settle=1e9)
    with gate:
        assert gate.calls == gate.most == 1


def test_gate_tells_how_many_came():
    """Do `reached` and `settled` return the number of calls, also when fewer came than asked for?"""
    gate = Gate(quiet=SHORT, settle=SHORT)
    for _ in range(5):
        with gate:
            pass
    assert gate.reached(3) == 5
    assert gate.reached(6) == 5
    assert gate.settled() == 5


def test_wait_ends_as_soon_as_it_is_enough():
    """Is a condition that holds already never waited for?"""
    assert wait_while_new(None, lambda: 0, lambda: True, 1e9)  # type: ignore[arg-type]
