"""Do the slow store and its steps write what they do into a timeline?"""

from prodml.fast.inputs.slow_stores import SlowSteps, SlowStore
from prodml.fast.inputs.timeline import Recorder


def test_slow_store_writes_a_timeline():
    """Does every request of the slow store and steps become one piece of work?"""
    recorder = Recorder()
    store = SlowStore(recorder, files=2, records=3, open_seconds=0, read_seconds=0)
    steps = SlowSteps(recorder, decode_seconds=0, augment_seconds=0)
    rows = [x for f in range(2) for x in (store.read(f, i) for i in range(store.open(f)))]
    assert [steps.augment(steps.decode(x)) for x in rows] == [0, 1, 2, 1000, 1001, 1002]
    assert recorder.timeline()["step"].value_counts().to_dict() == {"transform": 12, "read": 6, "open": 2}
