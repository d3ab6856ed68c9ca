"""Staff accounts and their keys; residents, what makes two sign-ups one person, their ticket and their places."""

from enum import StrEnum

from piccolo.columns import BigInt, Boolean, Bytea, Integer
from piccolo.table import Table

from workshops.tables.columns import key, link, moment, words
from workshops.tables.programme import Event, Hold, Organisation, Session


class Role(StrEnum):
    """The columns of product.md's rights table that a caller can have."""

    ADVISER = "adviser"
    ORGANISER = "organiser"
    HOST = "host"
    EXHIBITOR = "exhibitor"
    DOOR = "door"
    ADMIN = "admin"


class AttendeeKind(StrEnum):
    PERSON = "person"
    GROUP = "group"


class Origin(StrEnum):
    ONLINE = "online"
    INVITED = "invited"
    ON_BEHALF = "on_behalf"
    DESK = "desk"
    WALK_IN = "walk_in"


class TicketStatus(StrEnum):
    ACTIVE = "active"
    REPLACED = "replaced"


class RegistrationStatus(StrEnum):
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    CANCELLED = "cancelled"


class Offer(StrEnum):
    """How a place came to somebody who waited (rule 5), or why a sign-up is still to be proved.

    `given`: confirmed at once. Offered until a moment: `place`; `exchange`, which swaps with a confirmed place of
    theirs; `proof`, which one tap in a message confirms.
    """

    GIVEN = "given"
    PLACE = "place"
    EXCHANGE = "exchange"
    PROOF = "proof"


class Account(Table):
    """A member of staff. Everyone but an admin belongs to an organisation."""

    id = key()
    email = words(254)
    name = words(120)
    role = words(20, choices=Role)
    organisation = link(Organisation, optional=True)
    locale = words(5)
    password_hash = words(200, optional=True)
    totp_secret = Bytea(null=True, default=None)
    totp_step = BigInt(null=True, default=None)
    successor = words(36, optional=True)
    created_at = moment(optional=False)
    last_seen_at = moment()
    closed_at = moment()


class RecoveryCode(Table, tablename="recovery_code"):
    """One-time replacement of a TOTP code."""

    id = key()
    account = link(Account)
    code_hash = words(64)
    used_at = moment()


class Login(Table):
    """A signed-in browser. Only the hash of its token is kept. `proved_at`: every factor its role needs was shown."""

    id = key()
    account = link(Account)
    token_hash = words(64)
    label = words(120)
    created_at = moment(optional=False)
    last_seen_at = moment(optional=False)
    expires_at = moment(optional=False)
    revoked_at = moment()
    proved_at = moment()


class ApiToken(Table, tablename="api_token"):
    """A partner's program. Only the hash of its token is kept."""

    id = key()
    name = words(60)
    token_hash = words(64)
    role = words(20, choices=Role)
    organisation = link(Organisation, optional=True)
    created_at = moment(optional=False)
    expires_at = moment()
    revoked_at = moment()
    last_used_at = moment()


class MailLink(Table, tablename="mail_link"):
    """A link mailed to a host, an exhibitor or a new account: one purpose, one subject, expiring, acting by POST."""

    id = key()
    purpose = words(30)
    subject = words(36)
    email = words(254)
    token_hash = words(64)
    created_at = moment(optional=False)
    expires_at = moment(optional=False)
    used_at = moment()
    key_id = words(16)


class Attendee(Table):
    """A person (or a group) at one event. `manage_*` find and re-make the manage link (contract.md "Secrets").

    `called_for` says why staff must telephone ("à appeler", rule 9) until `called_at`. `network` is a keyed hash of
    where the sign-up came from, kept for a day. At `doubted_at` its address was asked for a proof, had at `proved_at`.
    `renamed_at`: the person has put another name in the place of one of the two. `coming_at`: they answered the
    reminder that they come; since `reminders_off_at` they want none.
    """

    id = key()
    event = link(Event)
    kind = words(20, choices=AttendeeKind)
    size = Integer(default=1)
    first_name = words(60)
    last_name = words(60)
    search_name = words(130)
    email = words(254, optional=True)
    phone = words(20, optional=True)
    aged_16_or_over = Boolean(null=True, default=None)
    adult_name = words(120, optional=True)
    adult_phone = words(20, optional=True)
    commune = words(5, optional=True)
    accommodations = words(200, optional=True)
    represented = words(120, optional=True)
    locale = words(5)
    agency = link(Organisation, optional=True)
    hold = link(Hold, optional=True)
    origin = words(20, choices=Origin)
    registered_by = words(36, optional=True)
    manage_hash = words(64)
    manage_revision = Integer(default=1)
    manage_key = words(16)
    called_for = words(30, optional=True)
    called_at = moment()
    called_by = words(36, optional=True)
    network = words(64, optional=True)
    doubted_at = moment()
    proved_at = moment()
    renamed_at = moment()
    coming_at = moment()
    reminders_off_at = moment()
    anonymised_at = moment()
    created_at = moment(optional=False)
    updated_at = moment(optional=False)


class PersonKey(Table, tablename="person_key"):
    """A row to lock: one for each person (rule 2) and contact, so that what concerns one of them happens in turn."""

    key = words(64, primary_key=True)
    locked_at = moment(optional=False)


class AttendeeKey(Table, tablename="attendee_key"):
    """Which attendee of an event a person key stands for; inactive once released (joined, contact changed)."""

    id = key()
    event = link(Event)
    attendee = link(Attendee)
    key = words(64)
    active = Boolean(default=True)


class Ticket(Table):
    """One per attendee and event; a replaced one is kept so that its QR can say so."""

    id = key()
    event = link(Event)
    attendee = link(Attendee)
    status = words(20, choices=TicketStatus)
    revision = Integer(default=1)
    secret_hash = words(64)
    secret_key = words(16)
    code = words(9)
    created_at = moment(optional=False)
    replaced_at = moment()


class Registration(Table):
    """One attendee, one session. `position` orders the waiting list; `sequence` is the calendar's and never falls.

    `offer`: how it came from that list, at `offered_at`; `replaces`: the place that is given back for it.
    `invited`: a calendar was told that it takes place, `invited_sequence` is the last SEQUENCE told. `reply_*` find
    and re-make the address to which it answers, `replied_at` is the DTSTAMP of its last answer, `declined_at` when
    that was a no, `asked_at` when the person was asked whether it is one.
    """

    id = key()
    attendee = link(Attendee)
    session = link(Session)
    status = words(20, choices=RegistrationStatus)
    position = Integer(null=True, default=None)
    offer = words(20, optional=True, choices=Offer)
    offered_at = moment()
    offered_until = moment()
    replaces = words(36, optional=True)
    must_choose = Boolean(default=False)
    share_with_exhibitor = Boolean(default=False)
    hold = link(Hold, optional=True)
    sequence = Integer(default=0)
    reply_hash = words(64, optional=True)
    reply_key = words(16, optional=True)
    replied_at = moment()
    declined_at = moment()
    asked_at = moment()
    invited = Boolean(default=False)
    invited_sequence = Integer(null=True, default=None)
    attendance = words(20, optional=True)
    attendance_by = words(36, optional=True)
    attendance_why = words(300, optional=True)
    created_by = words(36, optional=True)
    created_at = moment(optional=False)
    updated_at = moment(optional=False)
    cancelled_at = moment()
    cancelled_by = words(36, optional=True)
    cancelled_why = words(300, optional=True)
