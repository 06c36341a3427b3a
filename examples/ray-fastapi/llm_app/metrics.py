"""Metrics of the application, added up over its processes.

With PROMETHEUS_MULTIPROC_DIR set, prometheus_client keeps the values of each process in files of that directory, and
whichever process answers a scrape reads them all. The directory has to be empty when the first process starts (the
container's command sees to it, see kubernetes.yaml) and on a local disk or in memory, because the files are mapped.
"""

import os
import re
import struct
import time
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, make_asgi_app
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

REQUESTS = Counter("llm_app_requests", "Requests that were answered or broken off.", ["route", "method", "status"])
DURATION = Histogram(
    "llm_app_request_duration_seconds",
    "From the request's arrival to the last byte of its answer.",
    ["route", "method"],
    buckets=SECONDS,
)
FIRST_TOKEN = Histogram(
    "llm_app_time_to_first_token_seconds",
    "From the request's arrival to its first token.",
    buckets=SECONDS,
)
# "livesum": the sum over processes that live. A killed process takes its requests along.
IN_FLIGHT = Gauge(
    "llm_app_requests_in_flight", "Requests that are being answered.", ["route"], multiprocess_mode="livesum"
)
# Rates are Prometheus' matter: rate(llm_app_generated_tokens_total[5m]) is the token rate of any set of replicas.
PROMPT_TOKENS = Counter("llm_app_prompt_tokens", "Tokens of prompts.")
GENERATED_TOKENS = Counter("llm_app_generated_tokens", "Tokens that were generated.")
TOKEN_RATE = Histogram(
    "llm_app_request_tokens_per_second",
    "Tokens per second of a request, from its first token to its last.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)
BATCH_SIZE = Histogram(
    "llm_app_batch_size", "Requests in a batch, one observation per step.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256)
)


def multiprocess_directory() -> Path | None:
    """Where the values of all processes are; None with a single process."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return None if not directory else Path(directory)


def metrics_app():
    """The ASGI application that answers scrapes."""
    directory = multiprocess_directory()
    if directory is None:
        return make_asgi_app(REGISTRY)
    registry = CollectorRegistry()
    _LiveProcessCollector(registry, directory)
    return make_asgi_app(registry)


class _LiveProcessCollector(MultiProcessCollector):
    """Forgets the live gauges of dead processes before it reads.

    A process that is killed can't do it, and uvicorn, Ray and gunicorn each tell of dead children in another way or
    not at all. Counters and histograms of dead processes stay: what was counted has happened.
    """

    def __init__(self, registry: CollectorRegistry, directory: Path) -> None:
        self._directory = directory
        super().__init__(registry, path=str(directory))

    def collect(self):
        # A process that starts makes its file empty and gives it its length next; a scrape that comes between reads
        # no length and would be answered with an error.
        for pause in (0.001, 0.01, 0.1):
            try:
                return self._collect()
            except struct.error:
                time.sleep(pause)
        return self._collect()

    def _collect(self):
        forget_dead_processes(self._directory)
        return super().collect()


def forget_dead_processes(directory: Path) -> None:
    """Removes the live gauges of processes of this container that no longer run."""
    pids = {
        int(match[1])
        for file in directory.glob("gauge_live*.db")
        if (match := re.fullmatch(r"gauge_live[a-z]*_(\d+)\.db", file.name)) is not None
    }
    for pid in pids:
        if not _is_alive(pid):
            mark_process_dead(pid, path=str(directory))


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # A zombie has ended; its parent has not looked yet.
    return state not in ("Z", "X")


class MetricsMiddleware:
    """Counts requests and takes their time, up to the last byte of a streamed answer."""

    def __init__(self, app) -> None:
        self._app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http" or scope["path"] == "/metrics":
            await self._app(scope, receive, send)
            return
        # Never the path itself: anybody can ask for any, and each would be a series.
        path = scope["path"] if scope["path"] in KNOWN_ROUTES else "other"
        start = time.perf_counter()
        status = "aborted"
        counted = False

        def count() -> None:
            nonlocal counted
            if counted:
                return
            counted = True
            IN_FLIGHT.labels(path).dec()
            REQUESTS.labels(path, scope["method"], status).inc()
            DURATION.labels(path, scope["method"]).observe(time.perf_counter() - start)

        async def send_and_note(message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                # Before the last byte leaves: who has the answer finds it counted, and no crash can come between.
                count()
            await send(message)

        IN_FLIGHT.labels(path).inc()
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            count()


# Paths that the label `route` may name.
KNOWN_ROUTES = frozenset({"/v1/completions", "/health"})
