"""Who takes part, where, and what is on: organisations, halls, days, workshops, their slots, the places kept."""

from enum import StrEnum

from piccolo.columns import Boolean, Date, DoublePrecision, Integer, Text
from piccolo.table import Table

from workshops.tables.columns import key, link, moment, words


class OrganisationKind(StrEnum):
    AGENCY = "agency"
    MUNICIPALITY = "municipality"
    EXHIBITOR = "exhibitor"


class EventStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class WorkshopKind(StrEnum):
    STAND = "stand"
    MEETING = "meeting"


class WorkshopStatus(StrEnum):
    DRAFT = "draft"
    READY = "ready"
    CANCELLED = "cancelled"


class SessionStatus(StrEnum):
    OPEN = "open"
    CANCELLED = "cancelled"


class VenueRequestStatus(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class HoldStatus(StrEnum):
    ACTIVE = "active"
    RELEASED = "released"


class Organisation(Table):
    """An agency, a municipality or an exhibitor. `sensitive`: named "Autre organisme" outside itself."""

    id = key()
    slug = words(60)
    kind = words(20, choices=OrganisationKind)
    name = words(120)
    agency_type = words(30, optional=True)
    training = Boolean(default=False)
    sensitive = Boolean(default=False)
    commune = words(5, optional=True)
    email = words(254, optional=True)
    phone = words(20, optional=True)
    website = words(200, optional=True)
    created_at = moment(optional=False)
    archived_at = moment()


class Venue(Table):
    """A hall of a municipality, or a room of an agency."""

    id = key()
    organisation = link(Organisation)
    commune = words(5)
    name = words(120)
    address = words(200)
    capacity = Integer(null=True, default=None)
    access = Text(default="")
    equipment = Text(default="")
    bus_stop = words(120, optional=True)
    latitude = DoublePrecision(null=True, default=None)
    longitude = DoublePrecision(null=True, default=None)
    archived_at = moment()


class Event(Table):
    """One day, one venue, one lead agency. `venue` is set once the hall is accepted. Times of day are in `zone`.

    `published_at`: since when the public sees it, also once it is closed or cancelled; a draft never has it.
    `reminded_at`, `morning_told_at`, `thanked_at`: when everybody's message of two days before, of the morning and of
    the day after was written; `morning_texted_at`: the texts of the morning. `news_told_at`: when those who asked for
    news were told of the day.
    """

    id = key()
    title = words(120)
    description = Text(default="")
    date = Date(null=False)
    zone = words(40)
    starts_at = moment(optional=False)
    ends_at = moment(optional=False)
    status = words(20, choices=EventStatus)
    listed = Boolean(default=True)
    lead = link(Organisation)
    venue = link(Venue, optional=True)
    publish_at = moment()
    published_at = moment()
    sign_up_opens_at = moment()
    sign_up_closes_minutes = Integer(default=120)
    max_places = Integer(default=4)
    funded_by_eu = Boolean(default=False)
    strict_door = Boolean(default=False)
    unclaimed_after_minutes = Integer(default=0)
    cancelled_at = moment()
    cancelled_why = words(300, optional=True)
    reminded_at = moment()
    morning_told_at = moment()
    morning_texted_at = moment()
    thanked_at = moment()
    news_told_at = moment()
    demo = Boolean(default=False)
    version = Integer(default=1)
    created_at = moment(optional=False)
    updated_at = moment(optional=False)


class CoLead(Table, tablename="co_lead"):
    """An agency that leads an event beside the first one, with the same rights."""

    id = key()
    event = link(Event)
    organisation = link(Organisation)


class VenueRequest(Table, tablename="venue_request"):
    """An agency asks a host for a hall, from `from_at` to `until_at`, setting up included."""

    id = key()
    event = link(Event)
    venue = link(Venue)
    status = words(20, choices=VenueRequestStatus)
    from_at = moment(optional=False)
    until_at = moment(optional=False)
    asked_by = words(36, optional=True)
    asked_at = moment(optional=False)
    answered_at = moment()
    answered_by = words(120, optional=True)
    answered_how = words(20, optional=True)
    reason = words(300, optional=True)
    proposed_venue = link(Venue, optional=True)
    proposed_from_at = moment()
    proposed_until_at = moment()
    reminded_at = moment()


class Workshop(Table):
    """One job at a stand; kind `meeting` has neither. `answer`: what the exhibitor said to its invitation, confirmed or
    declined; `proposal`: its edits (JSON) waiting for the organiser."""

    id = key()
    event = link(Event)
    kind = words(20, choices=WorkshopKind)
    status = words(20, choices=WorkshopStatus)
    exhibitor = link(Organisation, optional=True)
    rome_code = words(5, optional=True)
    title = words(120)
    description = Text(default="")
    prerequisites = Text(default="")
    openings = Integer(null=True, default=None)
    contract_kinds = words(120, optional=True)
    access = Text(default="")
    min_age = Integer(null=True, default=None)
    eco_transition = Boolean(default=False)
    training_title = words(200, optional=True)
    training_by = link(Organisation, optional=True)
    asks_represented = Boolean(default=False)
    stand = words(20, optional=True)
    facilitator = words(120, optional=True)
    position = Integer(default=0)
    invited_at = moment()
    answer = words(20, optional=True)
    answered_at = moment()
    answer_why = words(300, optional=True)
    proposal = Text(null=True, default=None)
    proposed_at = moment()
    cancelled_at = moment()
    version = Integer(default=1)
    created_at = moment(optional=False)
    updated_at = moment(optional=False)


class Session(Table):
    """One slot of a workshop. Counters equal its registrations and holds; the database checks them against `capacity`.

    `queue_head` and `queue_tail` are the lowest and highest position given out on its waiting list; `sequence` is the
    calendar SEQUENCE (RFC 5545 §3.8.7.4) and never falls. `waiting_told_at`: when those who still waited were told
    to come.
    """

    id = key()
    workshop = link(Workshop)
    starts_at = moment(optional=False)
    ends_at = moment(optional=False)
    capacity = Integer()
    confirmed = Integer(default=0)
    offered = Integer(default=0)
    held = Integer(default=0)
    waiting = Integer(default=0)
    queue_head = Integer(default=0)
    queue_tail = Integer(default=0)
    status = words(20, choices=SessionStatus)
    cancelled_at = moment()
    sequence = Integer(default=0)
    updated_at = moment(optional=False)
    waiting_told_at = moment()


class Hold(Table):
    """Places of a session kept for an agency or a school until `until_at`; `named` of them became registrations."""

    id = key()
    session = link(Session)
    organisation = link(Organisation)
    places = Integer()
    named = Integer(default=0)
    by_number = Boolean(default=False)
    status = words(20, choices=HoldStatus)
    until_at = moment(optional=False)
    adult_name = words(120, optional=True)
    adult_phone = words(20, optional=True)
    note = words(300, optional=True)
    created_at = moment(optional=False)
    released_at = moment()
