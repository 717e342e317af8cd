"""What is remembered between questions: positions, tables of containers, whole answers; bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from workbench.index.fields import Cache


class BoundedCache(Cache):
    """Least recently used values go first; safe to share among threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Most bytes kept; 0 keeps nothing."""
        self._held = 0
        self._values: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> Any:
        """The kept value, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: tuple[Any, ...], value: Any, size: int) -> None:
        """Keep a value of that many bytes, if it is no larger than a quarter of the limit."""
        if size > self.limit // 4:
            return
        with self._lock:
            if key in self._values:
                self._held -= self._values.pop(key)[1]
            self._values[key] = (value, size)
            self._held += size
            while self._held > self.limit:
                self._held -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._held = 0
