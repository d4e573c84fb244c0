"""A coordinator without a cluster, for checks: its steps run later, its servers may be lost, and it counts."""

from __future__ import annotations

from collections.abc import Collection

PATIENCE = 50  # losses in a row without a new cluster, after which it gives up with another error


class FakeCluster:
    """A parameter-server cluster whose weights are the list of the steps that they have learned from.

    Args:
        losses: numbers of the joins, from 0, at which a parameter server is lost, with all weights.
        at_reads, at_schedules: the same, numbers of the calls of `read` and of `schedule`.

    Attributes:
        scheduled: every step that was scheduled, as they came.
        connects, joins, reads: how often each was called.
        most: the most steps that waited at once.
        early: how often `read` was called while scheduled steps had not run.
        premature: how often it was used before the first `connect`.
        stubborn: whether it was used so often after a loss without a new cluster that it gave up.
    """

    __facade__ = ("connect", "join", "read", "restore", "schedule")

    def __init__(
        self, losses: Collection[int] = (), *, at_reads: Collection[int] = (), at_schedules: Collection[int] = ()
    ) -> None:
        self.losses, self.at_reads, self.at_schedules = set(losses), set(at_reads), set(at_schedules)
        self.scheduled: list[int] = []
        self.connects = self.joins = self.reads = self.most = self.early = self.premature = 0
        self._refused = self._schedules = 0
        self.stubborn = False
        self._weights: list[int] = []
        self._waiting: list[int] = []
        self._up = False

    def connect(self) -> None:
        """A new cluster; it has learned nothing."""
        self.connects += 1
        self._up, self._weights, self._waiting, self._refused = True, [], [], 0

    def schedule(self, step: int) -> None:
        """Have a worker do a step, some time; returns at once. Raises: ConnectionError, a parameter server is lost."""
        self._must_be_up()
        self._schedules += 1
        self._lose(self._schedules - 1 in self.at_schedules)
        self.scheduled.append(int(step))
        self._waiting.append(int(step))
        self.most = max(self.most, len(self._waiting))

    def join(self) -> None:
        """Wait until every scheduled step has run. Raises: ConnectionError, a parameter server is lost."""
        self._must_be_up()
        self.joins += 1
        self._lose(self.joins - 1 in self.losses)
        self._run(len(self._waiting))

    def read(self) -> list[int]:
        """The weights as they are now: sorted, the steps that they have learned from. Raises: ConnectionError."""
        self._must_be_up()
        self.reads += 1
        self._lose(self.reads - 1 in self.at_reads)
        self.early += bool(self._waiting)
        self._run(len(self._waiting) // 2)
        return sorted(self._weights)

    def restore(self, weights: list[int]) -> None:
        """Give the cluster these weights."""
        self._must_be_up()
        self._weights = [int(step) for step in weights]

    def _lose(self, now: bool) -> None:
        if now:
            self._up = False
            raise ConnectionError("a parameter server is lost")

    def _run(self, count: int) -> None:
        self._weights += self._waiting[:count]
        del self._waiting[:count]

    def _must_be_up(self) -> None:
        if not self._up:
            self._refused += 1
            self.premature += self.connects == 0
            if self._refused > PATIENCE:
                self.stubborn = True
                raise RuntimeError("the old cluster does not come back")
            raise ConnectionError("there is no cluster")
