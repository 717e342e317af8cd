"""Locks that die with their process: one writer per workspace, readers that keep a generation alive."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from workbench.errors import WorkspaceError


class Lock:
    """An advisory lock on a file, held through an open handle."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def acquire(self, *, shared: bool = False) -> bool:
        """Take the lock without waiting; whether it was free."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("ab+")
        if not _lock(file, shared=shared):
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let the lock go; harmless when it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def is_free(self) -> bool:
        """Whether nobody holds the lock right now."""
        if not self.path.exists():
            return True
        free = self.acquire()
        self.release()
        return free

    @contextlib.contextmanager
    def taken(self, wait_seconds: float, otherwise: str) -> Iterator[None]:
        """Hold the lock for a block; WorkspaceError with the sentence `otherwise` when it stays taken."""
        deadline = time.monotonic() + wait_seconds
        while not self.acquire():
            if time.monotonic() >= deadline:
                raise WorkspaceError(f"{self.path.parent}: {otherwise}")
            time.sleep(0.05)
        try:
            yield
        finally:
            self.release()


def share(path: Path) -> Lock:
    """A shared lock; on a folder nobody may write to, a lock that holds nothing."""
    lock = Lock(path)
    with contextlib.suppress(OSError):
        lock.acquire(shared=True)
    return lock


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, shared: bool) -> bool:
        # msvcrt knows no shared locks: readers lock one of many bytes, a writer needs the first of them.
        file.seek(os.getpid() % 1000 + 1 if shared else 0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1 if shared else 1002)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes], *, shared: bool) -> bool:
        try:
            fcntl.flock(file.fileno(), (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
