"""Doing things at the same time."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same time; return what came of each."""
    results: list[Any] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = acts[number]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def quickest(act: Callable[[], Any], tries: int = 5) -> float:
    """Return how many seconds it takes at best: a busy machine makes it longer only."""
    times = []
    for _ in range(tries):
        began = time.monotonic()
        act()
        times.append(time.monotonic() - began)
    return min(times)


def soon(condition: Callable[[], bool], seconds: float) -> bool:
    """
    Wait until the condition holds, for so long at most; return whether it does.

    It is asked once more when the time is over: the machine may have stood still meanwhile.
    """
    ends = time.monotonic() + seconds
    while True:
        is_over = time.monotonic() >= ends
        if condition():
            return True
        if is_over:
            return False
        time.sleep(0.02)
