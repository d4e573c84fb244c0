"""Are timelines recorded as the pipelines behind them work?"""

from prodml.fast.inputs.timeline import Recorder, most_at_once, timeline_of


def clock_of(*times):
    ticks = iter(times)
    return lambda: next(ticks)


def test_recorder_uses_its_clock():
    """Is a piece of work as long as the clock says, and time counted from the first start?"""
    recorder = Recorder(clock_of(10, 12, 15, 16))
    with recorder.span("read"):
        pass
    with recorder.span("train"):
        pass
    assert recorder.timeline().to_dict("list") == {
        "step": ["read", "train"],
        "lane": [0, 0],
        "start": [0, 5],
        "end": [2, 6],
    }


def test_lanes_hold_what_overlaps():
    """Do pieces that overlap get lanes of their own, those that do not share one, and opening shares with reading?"""
    pieces = [("open", 0.0, 2.0), ("read", 1.0, 3.0), ("read", 2.0, 4.0), ("transform", 0.5, 9.0)]
    table = timeline_of(pieces)
    assert list(zip(table["step"], table["lane"], strict=True)) == [
        ("open", 0),
        ("transform", 0),
        ("read", 1),
        ("read", 0),
    ]
    assert most_at_once(table, "open", "read") == 2
    assert most_at_once(table, "train") == 0


def test_empty_timeline():
    """Is a recorder that recorded nothing an empty table, no error?"""
    assert timeline_of([]).empty
