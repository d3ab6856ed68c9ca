"""What leaves (messages), what was asked twice (idempotency), what was done (audit), and how often (counters)."""

from enum import StrEnum

from piccolo.columns import Boolean, Bytea, Integer, Text
from piccolo.table import Table

from workshops.tables.columns import key, link, moment, words
from workshops.tables.office import Bulletin, PlanChange
from workshops.tables.people import Account, Attendee, MailLink, Registration
from workshops.tables.programme import Event, VenueRequest, Workshop
from workshops.tables.referrals import NewsAddress, Referral


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CARRIED = "carried"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    FAILED = "failed"


class Message(Table):
    """A message to one person: kind and ids, written in the transaction of the decision it tells of.

    `address_key` is the hash of the address it was meant for; `stranger`: somebody unknown made it leave, so that it
    counts against what a stranger may send to one address. `carried_by`: the message that told this decision instead.
    `frozen` is the rendered message, made before the first attempt and erased once sent. `bounced_at`: it had left, and
    came back.
    """

    id = key()
    kind = words(40)
    channel = words(10)
    dedup_key = words(120)
    attendee = link(Attendee, optional=True)
    registration = link(Registration, optional=True)
    event = link(Event, optional=True)
    workshop = link(Workshop, optional=True)
    venue_request = link(VenueRequest, optional=True)
    account = link(Account, optional=True)
    address_key = words(64, optional=True)
    stranger = Boolean(default=False)
    state = words(20, choices=MessageState)
    priority = Integer(default=5)
    not_before = moment(optional=False)
    expires_at = moment()
    attempts = Integer(default=0)
    claim = words(36, optional=True)
    lease_until = moment()
    frozen = Bytea(null=True, default=None)
    carried_by = words(36, optional=True)
    last_code = Integer(null=True, default=None)
    last_cause = words(60, optional=True)
    created_at = moment(optional=False)
    sent_at = moment()
    bounced_at = moment()
    mail_link = link(MailLink, optional=True)
    plan_change = link(PlanChange, optional=True)
    bulletin = link(Bulletin, optional=True)
    referral = link(Referral, optional=True)
    news_address = link(NewsAddress, optional=True)


class Suppression(Table):
    """A dead address, by its hash: nothing is sent there until staff lift it."""

    id = key()
    address_key = words(64)
    cause = words(60)
    created_at = moment(optional=False)
    lifted_at = moment()
    lifted_by = words(36, optional=True)


class MailPause(Table, tablename="mail_pause"):
    """Nothing leaves from `paused_at` to `resumed_at`: an operator said so (`paused_by`), or the server refuses us.

    `probed_at`: when the server was last tried with one message meanwhile.
    """

    id = key()
    cause = words(60)
    code = Integer(null=True, default=None)
    paused_at = moment(optional=False)
    paused_by = words(36, optional=True)
    resumed_at = moment()
    resumed_by = words(36, optional=True)
    channel = words(10)
    probed_at = moment()


class Inbound(Table):
    """A message that came in, by a hash of its Message-ID so that a second copy changes nothing; no word of it is kept.

    `outcome` says what was done with it. Of a bounce also whose address it was (its hash) and the status (RFC 3463).
    """

    id = key()
    message_id_hash = words(64)
    kind = words(20)
    outcome = words(40)
    message = link(Message, optional=True)
    registration = link(Registration, optional=True)
    address_key = words(64, optional=True)
    status = words(12, optional=True)
    received_at = moment(optional=False)


class IdempotencyRecord(Table, tablename="idempotency_record"):
    """The answer to a call that may be repeated: ids and status, never secrets or names (contract.md)."""

    id = key()
    caller = words(60)
    call = words(120)
    key = words(64)
    body_hash = words(64)
    status = Integer()
    answer = Text(default="")
    created_at = moment(optional=False)


class AuditEntry(Table, tablename="audit_entry"):
    """Who did what to which object, and when. `changes` is JSON; personal fields are named, not quoted."""

    id = key()
    at = moment(optional=False)
    actor = words(60)
    action = words(60)
    object_kind = words(30)
    object_id = words(36)
    event = link(Event, optional=True)
    changes = Text(null=True, default=None)
    people = Integer(null=True, default=None)


class Counter(Table):
    """How often something happened in a window, by a keyed hash of who; shared by all processes, kept 24 hours."""

    id = words(120, primary_key=True)
    window_starts_at = moment(optional=False)
    total = Integer(default=0)
