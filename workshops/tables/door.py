"""Phones at the door, and what they read. Attendance has no table: it is what merging the scans gives."""

from enum import StrEnum

from piccolo.columns import BigInt, Boolean, Integer
from piccolo.table import Table

from workshops.tables.columns import key, link, moment, words
from workshops.tables.people import Attendee, Ticket
from workshops.tables.programme import Event, Session, Workshop


class ScanKind(StrEnum):
    IN = "in"
    UNDO = "undo"
    WALK_IN = "walk_in"
    COUNT = "count"


class Device(Table):
    """A phone for one event: the hall, or one stand (`workshop`). Its link works once; only hashes are kept."""

    id = key()
    event = link(Event)
    workshop = link(Workshop, optional=True)
    label = words(60)
    link_hash = words(64)
    link_expires_at = moment(optional=False)
    token_hash = words(64, optional=True)
    made_at = moment()
    last_seen_at = moment()
    queue_length = Integer(default=0)
    created_by = words(36, optional=True)
    created_at = moment(optional=False)
    revoked_at = moment()
    set_aside_at = moment()
    set_aside_why = words(300, optional=True)


class Scan(Table):
    """One reading at one place: the hall (`session` is null) or a session. `id` is the reader's own.

    `taken_at` is the reader's clock; `effective_at` lies between the device's making and the receipt. `refused`: the
    phone said no, a read but no attendance. `caller` is the device, token or account; `seq` its own order, its nonce
    counts once per event.
    """

    id = key()
    event = link(Event)
    session = link(Session, optional=True)
    device = link(Device, optional=True)
    caller = words(60)
    seq = Integer(default=0)
    nonce = words(64, optional=True)
    kind = words(20, choices=ScanKind)
    undoes = words(36, optional=True)
    ticket = link(Ticket, optional=True)
    attendee = link(Attendee, optional=True)
    unknown_hash = words(64, optional=True)
    method = words(20)
    people = Integer(default=1)
    taken_at = moment(optional=False)
    offset_ms = BigInt(default=0)
    effective_at = moment(optional=False)
    received_at = moment(optional=False)
    phone_outcome = words(20, optional=True)
    outcome = words(20)
    refused = Boolean(default=False)
    let_in = Boolean(default=False)
    after_revocation = Boolean(default=False)
    set_aside_at = moment()
    set_aside_by = words(36, optional=True)
    set_aside_why = words(300, optional=True)
