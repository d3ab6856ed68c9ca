"""Checking in by a program (contract.md "HTTP"): the same verb as the door's pages."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Router, post
from litestar.params import PathParameter, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops.access import known_actor, require
from workshops.checkin import CheckIn, Reading, check_in
from workshops.errors import Fault, Invalid
from workshops.i18n import _
from workshops.ids import is_id
from workshops.routes.api_shapes import sent_as
from workshops.routes.problems import declared, read_object
from workshops.routes.reading import unknown_fields
from workshops.tables.people import Role

LONGEST_TICKET = 8_000  # no QR holds more (ISO/IEC 18004: 7,089 digits)


class CheckInRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A ticket read: the QR's text or the human code. No `session`: the hall. `at` is the reader's clock."""

    ticket: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TICKET)]
    session: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z-]{1,36}$")] | None = None
    at: datetime | None = None
    nonce: Annotated[str, msgspec.Meta(pattern="^[!-~]{1,64}$")] | None = None


class FirstScan(msgspec.Struct):
    """When the person was let in at this place, and by which phone or program."""

    at: datetime
    by: str


class CheckedIn(msgspec.Struct):
    """What the read means now. Name and initial of a person of this event, else null; `at` is when it counts."""

    outcome: Literal[
        "admitted",
        "already_in",
        "cancelled",
        "waiting",
        "replaced",
        "too_early",
        "other_session",
        "not_booked",
        "other_event",
        "not_on_list",
        "not_a_ticket",
    ]
    first_name: str | None
    initial: str | None
    at: datetime
    first_scan: FirstScan | msgspec.UnsetType = msgspec.UNSET
    not_today: bool | msgspec.UnsetType = msgspec.UNSET


@post(
    "/events/{event:str}/check-ins",
    status_code=HTTP_200_OK,
    responses=declared(400, 401, 403, 404, 413, 422),
    security=[{"token": []}],
    operation_class=sent_as(CheckInRequest),
    summary="Check a ticket in at the hall, or at a session's stand",
)
async def check_in_ticket(
    request: Request,  # type: ignore[type-arg]
    event: Annotated[str, PathParameter(description="An event's id")],
    body: RawBody,
) -> CheckedIn:
    """Every read is kept, refused ones too; a nonce counts once per caller and event."""
    actor = await known_actor(request)
    require(actor, Role.ORGANISER, Role.DOOR)
    return shown(await check_in(read_reading(event, read_object(body)), actor))


def read_reading(event: str, values: dict[str, object]) -> Reading:
    """A read as it was sent, checked; raises Invalid with every faulty field."""
    faults = unknown_fields(values, {"ticket", "session", "at", "nonce"})
    ticket, session, nonce = values.get("ticket"), values.get("session"), values.get("nonce")
    if not isinstance(ticket, str) or not ticket:
        faults.append(Fault("ticket", _("Give the text of the QR code, or the code of the ticket.")))
    elif len(ticket) > LONGEST_TICKET:
        faults.append(Fault("ticket", _("This is too long: at most %(max)s characters."), {"max": LONGEST_TICKET}))
    if session is not None and not is_id(session):
        faults.append(Fault("session", _("Choose time slots of this day.")))
    at = _instant(values.get("at"), faults)
    if nonce is not None and not is_nonce(nonce):
        faults.append(Fault("nonce", _("Use 1 to 64 visible ASCII characters.")))
    if faults:
        raise Invalid(faults=tuple(faults))
    return Reading(
        event,
        str(ticket),
        session=None if session is None else str(session),
        at=at,
        nonce=None if nonce is None else str(nonce),
    )


def is_nonce(text: object) -> bool:
    """1 to 64 visible ASCII characters."""
    return isinstance(text, str) and 1 <= len(text) <= 64 and all("!" <= char <= "~" for char in text)


def shown(told: CheckIn) -> CheckedIn:
    """An answer as the API gives it, times in the event's zone."""
    zone = ZoneInfo(told.zone)
    first = FirstScan(told.first_at.astimezone(zone), told.first_by) if told.first_at else msgspec.UNSET
    return CheckedIn(
        outcome=told.outcome.value,
        first_name=told.first_name,
        initial=told.initial,
        at=told.at.astimezone(zone),
        first_scan=first,
        not_today=told.not_today or msgspec.UNSET,
    )


def _instant(given: object, faults: list[Fault]) -> datetime | None:
    if given is None:
        return None
    try:
        at = msgspec.convert(given, datetime)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        pass
    faults.append(Fault("at", _("Write a time as 2027-01-31T09:30:00+01:00.")))
    return None


CHECK_INS = Router("/api/v1", route_handlers=[check_in_ticket], request_max_body_size=64 * 1024)
