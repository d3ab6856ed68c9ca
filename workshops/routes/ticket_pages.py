"""What the confirmation and the manage page share: the ticket's picture, the places, and giving one back."""

from typing import Any

from litestar import Request, Response
from markupsafe import Markup

from workshops import changes, programme, texts
from workshops.actors import Actor
from workshops.attendees import Attendee, at_once, own_places
from workshops.database import utcnow
from workshops.errors import NotFound
from workshops.i18n import _, translate
from workshops.papers import Papers, papers
from workshops.routes import wording
from workshops.routes.pages import locale_of, page, personal
from workshops.tickets import KeyGone, qr_svg


async def ticket_page(
    name: str,
    request: Request,  # type: ignore[type-arg]
    person: Attendee,
    *,
    status: int = 200,
    **context: Any,
) -> Response[Any]:
    """The page `name` of a person who has proved to be themselves: places, ticket, and what was just given back."""
    held, places = await _held(person), await own_places(person.id)
    if any(place.to_prove for place in places) and not any(place.status == "confirmed" for place in places):
        held = None  # no ticket before the address has proved itself
    day = await programme.day(person.event)
    done = request.query_params.get("done", "")
    return page(
        f"public/{name}.html",
        request,
        status=status,
        headers=personal(request),
        person=person,
        day=day,
        places=places,
        choices=at_once(places),
        proving=[
            place for place in places if place.to_prove and place.offered_until and place.offered_until > utcnow()
        ],
        papers=held,
        qr=held and qr(held, locale_of(request)),
        done=bool(done) and await _given_back(done, person),
        is_over=day.status == "cancelled" or wording.is_past(day.ends_at),
        texted=texts.leave(person.phone) and not person.email,
        wording=wording,
        **{"refusal": None, **context},
    )


def qr(held: Papers, locale: str) -> Markup:
    """The QR as markup, with words for whoever cannot see it."""
    return Markup(qr_svg(held.qr_text, translate(locale, _("QR code of your ticket"))))  # noqa: S704 - our own markup


async def _held(person: Attendee) -> Papers | None:
    """None once the key that made the ticket is gone: its links still open, but cannot be written again."""
    try:
        return await papers(person.id)
    except (KeyGone, NotFound):
        return None


async def _given_back(registration: str, person: Attendee) -> bool:
    try:
        found = await changes.see(registration, Actor(f"attendee:{person.id}"))
    except NotFound:
        return False
    return found.place.status == "cancelled"
