"""Every answer a mail server may give, at every stage, and what becomes of the message (RFC 5321 §4.2, RFC 3463)."""

import pytest

from tests import postbox
from tests.factories import Row
from tests.postbox import Clock, Server, clock, post, queue, server, zoe
from workshops.database import fetch
from workshops.delivery import deliver_due
from workshops.transport import Smtp

__all__ = ["clock", "post", "production", "server", "zoe"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")
SOON, LATER, NEVER, DEAD, PAUSE = "soon", "later", "never", "dead", "pause"
"""In about 10 s; in about a minute; given up; given up with its address; nothing leaves before somebody mends it."""


@pytest.mark.parametrize(
    ("stage", "answer", "becomes"),
    [
        ("sender", "421 4.3.2 closing", SOON),
        ("sender", "432 4.3.2 too many connections", SOON),
        ("sender", "450 4.7.1 come back", SOON),
        ("sender", "452 4.3.1 disk full", SOON),
        ("sender", "501 5.1.7 bad sender", PAUSE),
        ("sender", "530 5.7.0 sign in first", PAUSE),
        ("sender", "550 5.7.1 not from you", PAUSE),
        ("rcpt", "421 4.3.2 closing", SOON),
        ("rcpt", "432 4.3.2 too many connections", LATER),
        ("rcpt", "450 4.2.0 greylisted", LATER),
        ("rcpt", "451 4.7.1 try again", LATER),
        ("rcpt", "452 4.2.2 mailbox full", LATER),
        ("rcpt", "552 5.2.2 mailbox full", LATER),
        ("rcpt", "550 5.1.1 no such user", DEAD),
        ("rcpt", "550 5.1.10 no mail here", DEAD),
        ("rcpt", "550 5.7.1 blocked", NEVER),
        ("rcpt", "550 no", NEVER),
        ("rcpt", "553 5.1.3 bad address", DEAD),
        ("rcpt", "554 5.7.1 refused by policy", NEVER),
        ("data", "421 4.3.2 closing", SOON),
        ("data", "432 4.3.2 too many connections", SOON),
        ("data", "451 4.3.0 busy", SOON),
        ("data", "452 4.3.1 disk full", SOON),
        ("data", "552 5.2.2 mailbox full", SOON),
        ("data", "550 5.7.1 looks like spam", NEVER),
        ("data", "554 5.6.0 refused", NEVER),
    ],
)
async def test_an_answer_decides_what_becomes_of_the_message(
    zoe: Row, clock: Clock, server: Server, post: Smtp, stage: str, answer: str, becomes: str
) -> None:
    setattr(server, stage, [answer])
    assert await deliver_due(post) == 0
    [row] = await queue()
    assert str(row["last_code"]) == answer[:3]
    assert "zoe" not in row["last_cause"]
    waits = (row["not_before"] - clock.now).total_seconds()
    paused = await fetch("SELECT id FROM mail_pause WHERE resumed_at IS NULL")
    suppressed = await fetch("SELECT id FROM suppression WHERE lifted_at IS NULL")
    assert (row["state"] == "failed") == (becomes in (NEVER, DEAD))
    assert bool(paused) == (becomes == PAUSE)
    assert bool(suppressed) == (becomes == DEAD)
    if becomes in (SOON, LATER):
        low, high = (8, 12) if becomes == SOON else (48, 72)
        assert low <= waits <= high
        clock.turn(seconds=high)
        assert await deliver_due(post) == 1, "the next answer is yes"
