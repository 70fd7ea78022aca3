"""Waiting for what a page does later, however slow the machine is."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route

PATIENCE = 30  # seconds, for whatever is waited for


def wait_until(page: Page, condition: str | Callable[[], object]) -> None:
    """Ask again and again until a condition is true: a function of ours, or JavaScript."""
    ends = time.monotonic() + PATIENCE
    while not (page.evaluate(condition) if isinstance(condition, str) else condition()):
        if time.monotonic() > ends:
            pytest.fail(f"This never became true: {condition}")
        page.wait_for_timeout(20)


def stop_clock(page: Page) -> None:
    """Let no timer of a page run but by `page.clock.run_for`: what shows for a while stays."""
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))


class Held:
    """Requests whose address has `part`, which wait until they are let go."""

    def __init__(self, page: Page, part: str) -> None:
        self.page = page
        self.routes: list[Route] = []
        page.route(lambda address: part in address, lambda route: self.routes.append(route))  # noqa: PLW0108
        # A page that is open may learn a moment later that its requests are watched.
        if page.url.startswith("http"):
            page.route("**/robots.txt", lambda route: route.fulfill(status=204))
            wait_until(page, "fetch('/robots.txt').then(({ status }) => status === 204)")
            page.unroute("**/robots.txt")

    def wait(self, count: int = 1) -> None:
        """Wait until so many are held."""
        wait_until(self.page, lambda: len(self.routes) >= count)

    def let_go(self) -> None:
        while self.routes:
            self.routes.pop(0).continue_()

    def drop(self) -> None:
        """Let them fail, as where there is no network."""
        while self.routes:
            self.routes.pop(0).abort()
