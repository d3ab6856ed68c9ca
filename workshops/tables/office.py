"""What staff do to a day that people are booked on: changes that can be undone, messages to a group, imports."""

from piccolo.columns import Boolean, Integer, Text
from piccolo.table import Table

from workshops.tables.columns import key, link, moment, words
from workshops.tables.people import Attendee, Registration
from workshops.tables.programme import Event, Session


class PlanChange(Table, tablename="plan_change"):
    """A change that people are told of, `why` as its organiser wrote it; its messages leave at `leaves_at`.

    `before` and `after` are JSON: {table: {id: {column: value}}}.
    """

    id = key()
    event = link(Event)
    actor = words(60)
    kind = words(30)
    before = Text()
    after = Text()
    why = words(300, optional=True)
    people = Integer()
    created_at = moment(optional=False)
    leaves_at = moment(optional=False)
    undone_at = moment()


class ChangeEffect(Table, tablename="change_effect"):
    """What a change did to one registration, and what it was before: for the message, and for undoing."""

    id = key()
    plan_change = link(PlanChange)
    attendee = link(Attendee)
    registration = link(Registration)
    effect = words(20)
    was_session = link(Session)
    was_starts_at = moment(optional=False)
    was_ends_at = moment(optional=False)
    was_status = words(20)
    was_position = Integer(null=True, default=None)
    was_offered_until = moment()
    was_must_choose = Boolean(default=False)
    was_called_for = words(30, optional=True)
    was_called_at = moment()
    was_called_by = words(36, optional=True)


class Bulletin(Table):
    """A message of the organiser to a group of a day's people. `chosen` (JSON): the group, and who was to be called.

    `people` were meant, `messages` are written for those with an address; they leave at `leaves_at`.
    """

    id = key()
    event = link(Event)
    actor = words(60)
    subject = words(120)
    body = Text()
    chosen = Text()
    people = Integer()
    messages = Integer()
    created_at = moment(optional=False)
    leaves_at = moment(optional=False)
    undone_at = moment()


class ImportRun(Table, tablename="import_run"):
    """A spreadsheet as it was read. `rows` is JSON; `made`, once confirmed, the ids of what it made."""

    id = key()
    event = link(Event)
    actor = words(60)
    rows = Text()
    made = Text(null=True, default=None)
    created_at = moment(optional=False)
    confirmed_at = moment()
    undone_at = moment()
