"""What Prometheus reads. Labels are of closed sets (methods, route templates, states), never what somebody sent."""

import asyncio
from collections import Counter as Totals
from collections import defaultdict
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from workshops.database import connections, fetch, utcnow
from workshops.failures import Failure, failure_of
from workshops.tables.post import MessageState

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
DATABASE_SECONDS = 2
MINUTE = timedelta(minutes=1)
CHANNELS = ("mail", "sms")
OLDEST = "SELECT not_before FROM message WHERE state = 'queued' ORDER BY not_before LIMIT 1"
COUNTS = (
    "SELECT 'state' AS what, state AS label, count(*) AS n FROM message GROUP BY state "
    "UNION ALL SELECT 'waiting', channel, count(*) FROM message WHERE state IN ('queued', 'sending') GROUP BY channel "
    "UNION ALL SELECT 'failed', coalesce(last_cause, ''), count(*) FROM message WHERE state = 'failed' "
    "GROUP BY last_cause "
    "UNION ALL SELECT 'left', channel, count(*) FROM message WHERE sent_at > {} GROUP BY channel "
    "UNION ALL SELECT 'paused', channel, count(*) FROM mail_pause WHERE resumed_at IS NULL GROUP BY channel "
    "UNION ALL SELECT 'inbound', outcome, count(*) FROM inbound GROUP BY outcome "
    "UNION ALL SELECT 'given_up', 'address', count(*) FROM suppression WHERE lifted_at IS NULL"
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
_waiting = Gauge("messages_waiting", "Messages that have still to leave", ("channel",), registry=REGISTRY)
_left = Gauge("messages_sent_last_minute", "Messages that left in the last minute", ("channel",), registry=REGISTRY)
_failed = Gauge("messages_failed", "Messages that did not arrive, by kind of cause", ("cause",), registry=REGISTRY)
_paused = Gauge("messages_paused", "1 while nothing leaves", ("channel",), registry=REGISTRY)
_inbound = Gauge("messages_inbound", "Messages that came in, by what was done", ("outcome",), registry=REGISTRY)
_given_up = Gauge("addresses_given_up", "Addresses that nothing is sent to any more", registry=REGISTRY)


def begun() -> None:
    """Count a request that is now being answered."""
    _in_flight.inc()


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered. `route` is the template, "(unknown)" where none matched."""
    _in_flight.dec()
    _requests.labels(method if method in METHODS else "other", route, f"{status // 100}xx").inc()
    _seconds.labels(route).observe(seconds)


async def scrape() -> bytes:
    """The metrics of this process and of all messages, as text, for two statements; also without a database."""
    now = utcnow()
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            counts, oldest = await fetch(COUNTS, now - MINUTE), await fetch(OLDEST)
    except Exception:  # whatever a database that is away or not migrated may raise
        _database_up.set(0)
    else:
        _database_up.set(1)
        _count(counts)
        _oldest.set(max(0.0, (now - oldest[0]["not_before"]).total_seconds()) if oldest else 0)
    for use, number in connections().items():
        _connections.labels(use).set(number)
    return generate_latest(REGISTRY)


def _count(rows: list[dict[str, Any]]) -> None:
    counted: defaultdict[str, Totals[str]] = defaultdict(Totals)
    for row in rows:
        label = failure_of(row["label"]).value if row["what"] == "failed" else row["label"]
        counted[row["what"]][label] += row["n"]
    for gauge, what, labels in (
        (_messages, "state", tuple(MessageState)),
        (_failed, "failed", tuple(Failure)),
        (_waiting, "waiting", CHANNELS),
        (_left, "left", CHANNELS),
        (_paused, "paused", CHANNELS),
        (_inbound, "inbound", tuple(counted["inbound"])),
    ):
        gauge.clear()
        for label in labels:
            gauge.labels(str(label)).set(counted[what][label])
    _given_up.set(counted["given_up"]["address"])
