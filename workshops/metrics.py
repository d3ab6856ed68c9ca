"""What Prometheus reads. Labels are of closed sets (methods, route templates, states), never what somebody sent."""

import asyncio

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from workshops.database import connections, fetch, utcnow
from workshops.tables.post import MessageState

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
DATABASE_SECONDS = 2
QUEUE = (
    "SELECT counted.state, counted.n, oldest.not_before "
    "FROM (SELECT state, count(*) AS n FROM message GROUP BY state) AS counted "
    "LEFT JOIN (SELECT not_before FROM message WHERE state = 'queued' ORDER BY not_before LIMIT 1) AS oldest "
    "ON counted.state = 'queued'"
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_requests = Counter(
    "http_requests_total", "Requests answered", ("method", "route", "status"), registry=REGISTRY
)  # status: 2xx, 4xx …
_seconds = Histogram("http_request_seconds", "Time to answer", ("route",), registry=REGISTRY, buckets=BUCKETS)
_in_flight = Gauge("http_requests_in_flight", "Requests being answered", registry=REGISTRY)
_connections = Gauge("database_connections", "Connections of this process, busy and idle", ("use",), registry=REGISTRY)
_database_up = Gauge("database_up", "1 if the database answered this scrape", registry=REGISTRY)
_messages = Gauge("messages", "Messages to people by state, of all processes", ("state",), registry=REGISTRY)
_oldest = Gauge("messages_oldest_due_seconds", "How long the oldest queued message is due", registry=REGISTRY)


def begun() -> None:
    """Count a request that is now being answered."""
    _in_flight.inc()


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered. `route` is the template, "(unknown)" where none matched."""
    _in_flight.dec()
    _requests.labels(method if method in METHODS else "other", route, f"{status // 100}xx").inc()
    _seconds.labels(route).observe(seconds)


async def scrape() -> bytes:
    """The metrics of this process and of the queue of messages, as text, for one statement; also without a database."""
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            rows = await fetch(QUEUE)
    except Exception:  # whatever a database that is away or not migrated may raise
        _database_up.set(0)
    else:
        _database_up.set(1)
        counted = {row["state"]: row["n"] for row in rows}
        for state in MessageState:
            _messages.labels(state.value).set(counted.get(state.value, 0))
        due = [row["not_before"] for row in rows if row["not_before"]]
        _oldest.set(max(0.0, (utcnow() - due[0]).total_seconds()) if due else 0)
    for use, number in connections().items():
        _connections.labels(use).set(number)
    return generate_latest(REGISTRY)
