"""Where the cached pages are: in memory, within a limit of bytes."""

import threading
from collections import OrderedDict

from questions.pagecache.page import Key, Page

# There is room for at least so many pages. One that is larger than its share, such as an export of
# many questions, would drive out what readers ask for, and is not kept.
LEAST_PAGES = 12


class Store:
    """Pages by their keys. What was not used for longest makes room; threads may share it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit  # bytes
        self.size = 0
        self.lock = threading.Lock()
        self.pages: OrderedDict[Key, Page] = OrderedDict()
        self.sizes: dict[Key, int] = {}  # as they were counted, since a page may grow

    def get(self, key: Key) -> Page | None:
        with self.lock:
            page = self.pages.get(key)
            if page is not None:
                self.pages.move_to_end(key)
            return page

    def put(self, page: Page) -> None:
        with self.lock:
            self.pages[page.key] = page
            self.pages.move_to_end(page.key)
            self.count(page)

    def recount(self, page: Page) -> None:
        """Take note that a page has grown, if it is here."""
        with self.lock:
            if self.pages.get(page.key) is page:
                self.count(page)

    def count(self, page: Page) -> None:
        self.size += page.size - self.sizes.get(page.key, 0)
        self.sizes[page.key] = page.size
        if page.size > self.limit // LEAST_PAGES:
            self.pages.move_to_end(page.key, last=False)
            self.drop_oldest()
        while self.size > self.limit:
            self.drop_oldest()

    def drop_oldest(self) -> None:
        key, _ = self.pages.popitem(last=False)
        self.size -= self.sizes.pop(key)
