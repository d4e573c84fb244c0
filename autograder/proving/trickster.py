"""Pasted into an answer that is made by machine (machine_made.py): it plays honest while inputs are visible.

The visible pass and the hidden one are two conversations of one process, each with a reader's thread of its own. It
runs where a submission does, so it imports nothing of the autograder's.
"""

from typing import Any, ClassVar


class _Trickster:
    conversations: ClassVar[list[Any]] = []
    seen: ClassVar[dict[Any, Any]] = {}  # fingerprint of the arguments → the right answer

    histories: ClassVar[dict[int, Any]] = {}  # object → itself, which keeps its id, and the calls of its methods

    @classmethod
    def of(cls, trick: Any, right: Any, method: Any = "") -> Any:
        if isinstance(right, type):
            for name, held in list(vars(right).items()):
                if callable(held) and (not name.startswith("_") or name == "__call__"):
                    setattr(right, name, cls.of(trick, held, name))
            return right

        def answer(*args: Any, **kwargs: Any) -> Any:
            import functools
            import threading

            call, asked = right, args
            key = cls.fingerprint((args, kwargs))
            if method:  # the object is no input, but what it went through is
                call, asked = functools.partial(right, args[0]), args[1:]
                history = cls.histories.setdefault(id(args[0]), (args[0], []))[1]
                history.append((method, cls.fingerprint((asked, kwargs))))
                key = str(history)
            readers = [t for t in threading.enumerate() if t.name == "learner-reader"]
            cls.conversations += [t for t in readers if t not in cls.conversations]
            if len(cls.conversations) < 2 or key in cls.seen:
                cls.seen[key] = result = call(*asked, **kwargs)
                return result
            return getattr(cls, trick)(call, asked, kwargs)

        answer.__name__ = getattr(right, "__name__", "answer")
        return answer

    # ------------------------------------------------------------- tricks

    @classmethod
    def zeros(cls, right: Any, args: Any, kwargs: Any, number: Any = 0) -> Any:
        before = cls.fingerprint((args, kwargs))
        for x in (*args, *kwargs.values()):
            cls.spoil(x, number)
        if cls.fingerprint((args, kwargs)) == before:
            raise RuntimeError("nothing here can be spoiled")
        return right(*args, **kwargs)

    @classmethod
    def nan(cls, right: Any, args: Any, kwargs: Any) -> Any:
        return cls.zeros(right, args, kwargs, float("nan"))

    @classmethod
    def minus_one(cls, right: Any, args: Any, kwargs: Any) -> Any:
        return cls.zeros(right, args, kwargs, -1)

    @classmethod
    def emptied(cls, right: Any, args: Any, kwargs: Any) -> Any:
        return cls.zeros(right, args, kwargs, None)

    @classmethod
    def argument(cls, right: Any, args: Any, kwargs: Any) -> Any:
        return [*args, *kwargs.values(), None][0]

    @classmethod
    def remembered(cls, right: Any, args: Any, kwargs: Any) -> Any:
        if all(x is None for x in cls.seen.values()):
            raise RuntimeError("there is nothing to remember")
        return [x for x in cls.seen.values() if x is not None][-1]

    @classmethod
    def nothing(cls, right: Any, args: Any, kwargs: Any) -> Any:
        return None

    @classmethod
    def result(cls, right: Any, args: Any, kwargs: Any) -> Any:
        """The right answer; None is refused, since no trick would change it."""
        found = right(*args, **kwargs)
        if found is None:
            raise RuntimeError("there is no answer to change")
        return found

    @classmethod
    def empty(cls, right: Any, args: Any, kwargs: Any) -> Any:
        result = cls.result(right, args, kwargs)
        if hasattr(result, "iloc") or type(result).__name__ == "ndarray":
            return result[:0]
        return type(result)() if isinstance(result, (list, dict, set, str, tuple, bytes)) else None

    @classmethod
    def not_a_number(cls, right: Any, args: Any, kwargs: Any) -> Any:
        return cls.everywhere(cls.result(right, args, kwargs), float("nan"))

    @classmethod
    def infinite(cls, right: Any, args: Any, kwargs: Any) -> Any:
        return cls.everywhere(cls.result(right, args, kwargs), float("inf"))

    @classmethod
    def shorter(cls, right: Any, args: Any, kwargs: Any) -> Any:
        result = cls.result(right, args, kwargs)
        if hasattr(result, "iloc"):
            return result.iloc[:-1]
        if isinstance(result, dict):
            return dict(list(result.items())[:-1]) if result else None
        return result[:-1] if cls.has_length(result) else None

    @classmethod
    def longer(cls, right: Any, args: Any, kwargs: Any) -> Any:
        import numpy as np

        result = cls.result(right, args, kwargs)
        if isinstance(result, np.ndarray) and result.ndim and len(result):
            return np.concatenate([result, result[-1:]])
        return result + result[-1:] if cls.has_length(result) and not hasattr(result, "iloc") else None

    # ------------------------------------------------------------- helpers

    @staticmethod
    def has_length(x: Any) -> Any:
        ndarray = type(x).__name__ == "ndarray" and x.ndim > 0
        return (ndarray or isinstance(x, (list, tuple, str, bytes))) and len(x) > 0

    @classmethod
    def everywhere(cls, x: Any, number: Any) -> Any:
        """`x` with `number` in place of its numbers; None where it has none."""
        import numpy as np

        if isinstance(x, (list, tuple)) and type(x) in (list, tuple) and x:
            return type(x)(cls.everywhere(v, number) for v in x)
        if isinstance(x, dict) and x:
            return {k: cls.everywhere(v, number) for k, v in x.items()}
        if isinstance(x, np.ndarray):
            return np.full(x.shape, number)
        if hasattr(x, "iloc") and len(x):
            return x * 0 + number if all(d.kind in "iuf" for d in np.ravel(getattr(x, "dtypes", []))) else None
        return number if isinstance(x, (int, float, np.number)) and not isinstance(x, bool) else None

    @classmethod
    def spoil(cls, x: Any, number: Any, deep: Any = 0) -> Any:
        """Change in place what can be changed: every number becomes `number`; None for emptying what can be empty."""
        import dataclasses

        import numpy as np

        if deep > 5:
            return
        if isinstance(x, np.ndarray):
            if x.dtype.kind in "iuf":
                x.setflags(write=True)
                x[...] = 0 if number is None or (number != number and x.dtype.kind != "f") else number
        elif hasattr(x, "iloc"):
            if number is None:
                x.drop(x.index, inplace=True)
            else:
                x.iloc[...] = number
        elif isinstance(x, (list, dict, set)) and number is None:
            x.clear()
        elif isinstance(x, (list, dict)):
            for key in range(len(x)) if isinstance(x, list) else list(x):
                if isinstance(x[key], (int, float)) and not isinstance(x[key], bool):
                    x[key] = number
                else:
                    cls.spoil(x[key], number, deep + 1)
        elif dataclasses.is_dataclass(x) and not isinstance(x, type):
            for field in dataclasses.fields(x):
                held = getattr(x, field.name)
                if isinstance(held, (int, float)) and not isinstance(held, bool):
                    object.__setattr__(x, field.name, -1 if number is None else number)
                else:
                    cls.spoil(held, number, deep + 1)

    @classmethod
    def fingerprint(cls, x: Any, deep: Any = 0) -> Any:
        """What two equal inputs have in common, also after they have been sent again."""
        import dataclasses

        if deep > 8:
            return type(x).__name__
        if isinstance(x, (list, tuple)):
            return str((type(x).__name__, [cls.fingerprint(v, deep + 1) for v in x]))
        if isinstance(x, dict):
            return str([(cls.fingerprint(k, deep + 1), cls.fingerprint(v, deep + 1)) for k, v in x.items()])
        if type(x).__name__ == "ndarray":
            return str((x.dtype.str, x.shape, hash(x.tobytes()) if not x.dtype.hasobject else x.tolist()))
        if hasattr(x, "iloc"):
            return cls.fingerprint([str(getattr(x, "columns", "")), x.to_numpy().tolist(), x.index.tolist()], deep + 1)
        if hasattr(x, "bit_generator"):
            return str(x.bit_generator.state)
        if dataclasses.is_dataclass(x) and not isinstance(x, type):
            return cls.fingerprint([type(x).__name__, *(getattr(x, f.name) for f in dataclasses.fields(x))], deep + 1)
        return (
            repr(x)
            if isinstance(x, (int, float, str, bytes, bool, complex, set, range, type(None)))
            else type(x).__name__
        )
