"""Objects of the judge's as a learner's process has them: their calls go to the judge."""

from __future__ import annotations

from typing import Any, Protocol


class Calls(Protocol):
    """The learner's end of the conversation (learner.py)."""

    def call_judge(self, number: int, method: str | None, args: Any, kwargs: Any) -> Any: ...


class Borrowed:
    """A function of the judge's."""

    def __init__(self, session: Calls, number: int, method: str | None) -> None:
        self._session, self._number, self._method = session, number, method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._session.call_judge(self._number, self._method, args, kwargs)


class Facade(Borrowed):
    """An object of the judge's with a fixed list of methods."""

    def __init__(self, session: Calls, number: int, methods: list[str]) -> None:
        super().__init__(session, number, None)
        for name in methods:
            setattr(self, name, Borrowed(session, number, name))
