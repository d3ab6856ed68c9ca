"""What an agency's own program does for the people it sends: invite them, and read what becomes of them."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.params import HeaderParameter, RawBody

from workshops import audit, referrals, referred
from workshops.access import known_actor
from workshops.actors import Actor
from workshops.errors import Invalid, NotAllowed
from workshops.referred import Sent
from workshops.routes.api import EVENT
from workshops.routes.api_shapes import sent_as
from workshops.routes.office.invitations import FIELDS, read_invitee
from workshops.routes.problems import declared, read_object
from workshops.routes.reading import read_key, unknown_fields
from workshops.tables.people import Role

Row = dict[str, Any]


class InvitationRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whom to invite; an e-mail or a phone is needed. `reference`: the agency's own, at most 20 characters."""

    first_name: str
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    reference: str | None = None


class InvitationMade(msgspec.Struct):
    """An invitation. `url` only where no message can carry it: hand it over."""

    id: str
    url: str | msgspec.UnsetType = msgspec.UNSET


class InvitationOpen(msgspec.Struct):
    """Somebody who is invited and has not chosen yet."""

    id: str
    first_name: str
    last_name: str | None
    reference: str | None


class PlaceOfPerson(msgspec.Struct):
    """A place: confirmed, waiting (`ahead` of them so many), offered or cancelled."""

    id: str
    session: str
    status: str
    ahead: int | None


class PersonSent(msgspec.Struct):
    """Somebody whom the agency sent. `present`: let into the hall on the day."""

    attendee: str
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    reference: str | None
    present: bool
    registrations: list[PlaceOfPerson]


class ReferralList(msgspec.Struct):
    """The agency's people of a day, and its open invitations to it."""

    people: list[PersonSent]
    invitations: list[InvitationOpen]


@post(
    "/events/{event:str}/invitations",
    responses=declared(400, 401, 403, 404, 409, 413, 422),
    security=[{"token": []}],
    operation_class=sent_as(InvitationRequest),
    summary="Invite a person, who chooses the slots; for an adviser's token",
)
async def invite(
    request: Request,  # type: ignore[type-arg]
    event: EVENT,
    body: RawBody,
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key", required=False)] = None,
) -> InvitationMade:
    """By mail, or with only a phone by the `url` of the answer."""
    actor = await _adviser(request)
    values = read_object(body)
    faults = tuple(unknown_fields(values, set(FIELDS)))
    try:
        invitee = read_invitee(values)
    except Invalid as error:
        raise Invalid(faults=(*faults, *error.faults)) from None
    if faults:
        raise Invalid(faults=faults)
    done = await referrals.invite(event, invitee, actor, read_key(idempotency_key, f"invite:{event}", actor, body))
    return InvitationMade(done.id, done.url or msgspec.UNSET)


@get(
    "/events/{event:str}/referrals",
    responses=declared(401, 403, 404),
    security=[{"token": []}],
    summary="The people whom the agency of an adviser's token sent, and what has become of them",
)
async def list_referrals(request: Request, event: EVENT) -> ReferralList:  # type: ignore[type-arg]
    """Whoever of the agency sent them; every reading is kept in the journal."""
    actor = await _adviser(request)
    people, invited = await referred.of_event(event, actor), await referred.invitations(actor, event)
    await audit.listed(actor, "referred", event, len(people) + len(invited))
    return ReferralList(
        [_person(one) for one in people],
        [InvitationOpen(row["id"], row["first_name"] or "", row["last_name"], row["reference"]) for row in invited],
    )


async def _adviser(request: Request) -> Actor:  # type: ignore[type-arg]
    actor = await known_actor(request)
    if actor.role is not Role.ADVISER:
        raise NotAllowed
    return actor


def _person(sent: Sent) -> PersonSent:
    named = {name: sent.person[name] for name in ("first_name", "last_name", "email", "phone", "reference")}
    places = [
        PlaceOfPerson(row["id"], row["session"], row["status"], row["ahead"] if row["status"] == "waiting" else None)
        for row in sent.places
    ]
    return PersonSent(attendee=sent.person["id"], present=sent.inside, registrations=places, **named)


REFERRALS = Router("/api/v1", route_handlers=[invite, list_referrals], request_max_body_size=64 * 1024)
