"""Prometheus' counts of requests, kept only where METRICS_TOKEN is set; `probes.py` shows them."""

import functools
import os

METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class Metrics:
    """Requests counted by method, status and cache state, and how long they took."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Histogram  # noqa: PLC0415 (an optional package)

        self.requests = Counter(
            "qabank_requests", "Requests answered.", ["method", "status", "cache"]
        )
        self.seconds = Histogram(
            "qabank_request_seconds",
            "Time until an answer was ready to be sent.",
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )

    def observe(self, method: str, status: int, cache: str, seconds: float) -> None:
        """Count a request. `cache` is its cache state, "" where it has none."""
        # A visitor must not be able to make labels: each costs memory for good.
        method = method if method in METHODS else "other"
        self.requests.labels(method, str(status), cache).inc()
        self.seconds.observe(seconds)

    def text(self) -> bytes:
        """Return the counts of all worker processes in Prometheus' format."""
        from prometheus_client import (  # noqa: PLC0415
            REGISTRY,
            CollectorRegistry,
            generate_latest,
            multiprocess,
        )

        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(REGISTRY)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


@functools.cache
def metrics() -> Metrics:
    """Return the counts of this process, of which there is one set."""
    return Metrics()
