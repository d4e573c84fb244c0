"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Put `content` in place of `path` in one step; who reads it meets the old file or the new one.

    Others of a course can read it, as far as the umask lets them.

    Args:
        private: only you may read it.

    Raises:
        OSError: it could not be written; names `path`.
    """
    temporary = path.with_name(f".writing-{secrets.token_hex(8)}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:  # a full disk's names no file, others name the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from error
