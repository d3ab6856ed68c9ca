"""The API's shapes, as OpenAPI shows them. Times are RFC 3339 with offset; ids are opaque."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody


class EventSummary(msgspec.Struct):
    """A day. `commune` is an INSEE code."""

    id: str
    title: str
    date: date
    starts_at: datetime
    ends_at: datetime
    status: str
    commune: str | None
    commune_name: str | None
    venue: str | None
    address: str | None
    url: str


class EventList(msgspec.Struct):
    """A page of days; `next` is the address of the following page."""

    events: list[EventSummary]
    next: str | msgspec.UnsetType = msgspec.UNSET


class SessionDetail(msgspec.Struct):
    """A slot. `seats_left` is what a newcomer can book now: 0 when cancelled, begun, closed, held, offered or owed."""

    id: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    seats_left: int
    waiting: int
    bookable: bool


class WorkshopDetail(msgspec.Struct):
    """A workshop with its slots."""

    id: str
    title: str
    kind: str
    status: str
    exhibitor: str | None
    rome_code: str | None
    description: str
    openings: int | None
    min_age: int | None
    eco_transition: bool
    sessions: list[SessionDetail]


class EventDetail(EventSummary):
    """A day with all of its programme."""

    workshops: list[WorkshopDetail] = []


class ResponsibleAdult(msgspec.Struct):
    """Who comes along with somebody under 16."""

    name: str
    phone: str


class RegistrationRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One person and the slots they want; an e-mail or a phone is needed.

    Of an adviser's token alone: `told` (the person asked and knows of it), the agency's own `reference` (≤ 20).
    """

    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    aged_16_or_over: bool | None = None
    responsible_adult: ResponsibleAdult | None = None
    commune: str | None = None
    accommodations: list[Literal["wheelchair", "sign_language", "easy_read", "companion", "call_back"]] = []
    agency: str | None = None
    represented: str | None = None
    locale: Literal["fr", "en"] | None = None
    share_with_exhibitor: bool | None = None
    news: bool | None = None
    told: bool | None = None
    reference: str | None = None
    sessions: list[str]
    if_full: Literal["refuse", "wait"] = "refuse"


class Move(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The session to move to."""

    session: str
    if_full: Literal["refuse", "wait"] = "refuse"


class Registration(msgspec.Struct):
    """A place: confirmed, waiting, offered or cancelled."""

    id: str
    session: str
    status: str
    attendee: str | msgspec.UnsetType = msgspec.UNSET
    event: str | msgspec.UnsetType = msgspec.UNSET


class TicketShown(msgspec.Struct):
    """The ticket's address, which its QR holds, and the code said aloud."""

    url: str
    code: str


class SignedUp(msgspec.Struct):
    """The person's places of this decision; ticket and manage link only for who may see the person."""

    attendee: str
    registrations: list[Registration]
    ticket: TicketShown | msgspec.UnsetType = msgspec.UNSET
    manage_url: str | msgspec.UnsetType = msgspec.UNSET


def sent_as(shape: type[msgspec.Struct]) -> type[Operation]:
    """An OpenAPI operation whose JSON body has `shape`; it is read by our own code, which names every fault at once."""
    _schemas, components = msgspec.json.schema_components([shape], ref_template="{name}")
    inlined = _inline(components[shape.__name__], components)

    @dataclass
    class Sent(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(
                content={"application/json": OpenAPIMediaType(schema=inlined)}, required=True
            )

    return Sent


def _inline(schema: Any, components: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inline(one, components) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(components[schema["$ref"]], components)
    return {name: _inline(value, components) for name, value in schema.items()}
