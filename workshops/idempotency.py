"""A call asked twice is done once: same status, same ids, for 24 hours, also after a crash (contract.md)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workshops.database import fetch, fetch_one
from workshops.ids import new_id
from workshops.refusals import KeyReused

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Key:
    """An Idempotency-Key belongs to its caller, the call and the body."""

    caller: str
    call: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer given the first time: status, and ids as JSON."""

    status: int
    answer: dict[str, Any]


def body_hash(body: bytes) -> str:
    """What tells one body from another."""
    return hashlib.sha256(body).hexdigest()


async def claim(key: Key, now: datetime) -> Stored | None:
    """Claim the key for this transaction, or return what was answered before; waits while a first one runs.

    Raises KeyReused for another body.
    """
    claimed = await fetch_one(
        "INSERT INTO idempotency_record (id, caller, call, key, body_hash, status, created_at) "
        "VALUES ({}, {}, {}, {}, {}, 0, {}) ON CONFLICT (caller, call, key) DO UPDATE "
        "SET body_hash = excluded.body_hash, status = 0, created_at = excluded.created_at "
        "WHERE idempotency_record.created_at < {} RETURNING id",
        *(new_id(), key.caller, key.call, key.key, key.body_hash, now, now - KEPT),
    )
    if claimed:
        return None
    stored = await fetch_one(
        "SELECT body_hash, status, answer FROM idempotency_record WHERE caller = {} AND call = {} AND key = {}",
        *(key.caller, key.call, key.key),
    )
    assert stored is not None
    if stored["body_hash"] != key.body_hash:
        raise KeyReused
    return Stored(stored["status"], json.loads(stored["answer"]))


async def keep(key: Key, status: int, answer: dict[str, Any]) -> None:
    """Keep the answer, in the transaction that made it true."""
    await fetch(
        "UPDATE idempotency_record SET status = {}, answer = {} WHERE caller = {} AND call = {} AND key = {}",
        *(status, json.dumps(answer), key.caller, key.call, key.key),
    )
