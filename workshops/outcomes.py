"""What became of a message that was taken: it left, it will be tried again, it never will; and what follows from it."""

import random
from datetime import datetime, timedelta
from typing import Any

import structlog

from workshops import call_list, database, deadlines, invited, texts, undeliverable
from workshops.database import fetch, transaction
from workshops.mail import Kind
from workshops.settings import settings
from workshops.tables.post import MessageState
from workshops.transport import Permanent, Temporary, Trouble

QUICK = (10, 30, 60, 300, 900)
SLOW = (60, 300, 600, 1200, 1800)
HOURLY = 3600
ATTEMPTS = 29
"""Five as in QUICK or SLOW, then hourly for a day."""
TEXT_ATTEMPTS = 6
"""An hour: who has no e-mail is called then."""

Row = dict[str, Any]
log = structlog.get_logger()
_random = random.SystemRandom()


async def close(row: Row, state: MessageState, departed: datetime | None = None) -> None:
    """Nothing more to do for a row, but for what follows from it; its bytes are personal data and go."""
    begins = departed is not None and row["kind"] in deadlines.OFFERS
    is_followed = settings().inbox is not None and row["attendee"] and row["kind"] != Kind.SLOT
    is_lost = state is MessageState.EXPIRED and row["channel"] == "sms" and row["kind"] in texts.UNREACHED
    if begins or is_followed or is_lost:
        async with transaction():
            mine = await _mark(row, state, departed)
            if mine and departed and begins:
                await deadlines.begin(row["id"], departed)
            if mine and is_followed:
                await invited.follow(row["id"], departed or database.utcnow())
            if mine and is_lost:
                await call_list.ask([row["attendee"]], texts.UNREACHED[row["kind"]], database.utcnow())
    else:
        await _mark(row, state, departed)
    log.info("message_closed", message=row["id"], kind=row["kind"], state=state.value, attempts=row["attempts"])


async def _mark(row: Row, state: MessageState, departed: datetime | None) -> bool:
    mine = await fetch(
        "UPDATE message SET state = {}, sent_at = {}, frozen = NULL WHERE id = {} AND claim = {} RETURNING id",
        *(state.value, departed, row["id"], row["claim"]),
    )
    return bool(mine)


async def wait_again(row: Row, moment: datetime, trouble: Trouble | None = None) -> None:
    """Back into the queue as if it had not been tried."""
    await fetch(
        "UPDATE message SET state = 'queued', attempts = attempts - 1, not_before = {}, last_code = {}, "
        "last_cause = {} WHERE id = {} AND claim = {} AND state = 'sending'",
        *(moment, trouble and trouble.code, trouble and trouble.cause, row["id"], row["claim"]),
    )


async def try_later(row: Row, trouble: Temporary) -> None:
    """Back into the queue for a while that grows; after a day of attempts it has failed."""
    if row["attempts"] >= (ATTEMPTS if row["channel"] == "mail" else TEXT_ATTEMPTS):
        await fail(row, Permanent(trouble.cause, trouble.code))
        return
    steps = SLOW if trouble.slow else QUICK
    seconds = steps[row["attempts"] - 1] if row["attempts"] <= len(steps) else HOURLY
    delay = timedelta(seconds=seconds * _random.uniform(0.8, 1.2))
    await fetch(
        "UPDATE message SET state = 'queued', not_before = {}, last_code = {}, last_cause = {} "
        "WHERE id = {} AND claim = {} AND state = 'sending'",
        *(database.utcnow() + delay, trouble.code, trouble.cause, row["id"], row["claim"]),
    )
    log.warning("message_delayed", message=row["id"], code=trouble.code, cause=trouble.cause, attempts=row["attempts"])


async def fail(row: Row, trouble: Permanent) -> None:
    """It will never arrive: staff telephone (product.md rule 9), and nothing more goes to an address that is dead."""
    async with transaction():
        mine = await fetch(
            "UPDATE message SET state = 'failed', frozen = NULL, last_code = {}, last_cause = {} "
            "WHERE id = {} AND claim = {} AND state = 'sending' RETURNING id",
            *(trouble.code, trouble.cause, row["id"], row["claim"]),
        )
        if not mine:
            return
        dead = trouble.cause if trouble.dead else None
        why = "bounce" if row["channel"] == "mail" else "no_sms" if row["kind"] in texts.UNREACHED else None
        await undeliverable.give_up(row["id"], row["address_key"], database.utcnow(), dead, why)
    log.warning("message_failed", message=row["id"], code=trouble.code, cause=trouble.cause, attempts=row["attempts"])
