"""A cache that is limited in bytes, where functools' is limited in entries."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

# So many values always fit: one that takes a larger part of the limit is not kept, since it would
# drive out too many others.
LEAST_ENTRIES = 12


class LRUCache[Key: Hashable, Value]:
    """Values by their keys; the least recently used makes room. Threads may share it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit  # bytes
        self.size = 0
        self.lock = Lock()
        self.entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()  # with their sizes

    def __len__(self) -> int:
        return len(self.entries)

    def values(self) -> list[Value]:
        return [value for value, _ in self.entries.values()]

    def get(self, key: Key) -> Value | None:
        with self.lock:
            entry = self.entries.get(key)
            if entry is None:
                return None
            self.entries.move_to_end(key)
            return entry[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Keep a value of `size` bytes, in place of the one before."""
        with self.lock:
            self.size -= self.entries.pop(key, (None, 0))[1]
            if size > self.limit // LEAST_ENTRIES:
                return
            self.entries[key] = value, size
            self.size += size
            while self.size > self.limit:
                _, (_, freed) = self.entries.popitem(last=False)
                self.size -= freed
