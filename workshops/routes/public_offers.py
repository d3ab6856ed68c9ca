"""A place that came free for somebody who waited: one page, two buttons, no account (product.md rules 5 and 12)."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from workshops import attendees, programme, waiting_list
from workshops.actors import Actor
from workshops.attendees import Offered
from workshops.refusals import CannotCancel, OfferEnded, Refused, TooManyPlaces
from workshops.routes import wording
from workshops.routes.forms import read_form
from workshops.routes.pages import page, personal


@get("/m/{secret:str}/offers/{registration:str}")
async def offer(request: Request, secret: FromPath[str], registration: FromPath[str]) -> Response[Any]:  # type: ignore[type-arg]
    """What is offered, until when, and what it is exchanged for. Shows only."""
    person = await attendees.by_manage_link(secret)
    return await _page(request, secret, await attendees.offered(person.id, registration))


@post("/m/{secret:str}/offers/{registration:str}")
async def answer(
    request: Request,  # type: ignore[type-arg]
    secret: FromPath[str],
    registration: FromPath[str],
    body: RawBody,
) -> Response[Any]:
    """Take the place or leave it to the next; `answer` is yes or no."""
    person = await attendees.by_manage_link(secret)
    actor = Actor(f"attendee:{person.id}")
    says = {"yes": waiting_list.accept, "no": waiting_list.refuse}.get(read_form(body).one("answer"))
    try:
        if says:
            await says(registration, actor)
    except (OfferEnded, TooManyPlaces, CannotCancel) as error:
        return await _page(request, secret, await attendees.offered(person.id, registration), error)
    return Redirect(f"/m/{secret}/offers/{registration}", status_code=303)


async def _page(
    request: Request,  # type: ignore[type-arg]
    secret: str,
    place: Offered,
    refusal: Refused | None = None,
) -> Response[Any]:
    return page(
        "public/offer.html",
        request,
        status=refusal.status if refusal else 200,
        headers=personal(request),
        here=f"/m/{secret}/offers/{place.id}",
        secret=secret,
        place=place,
        day=await programme.day(place.event),
        refusal=refusal,
        wording=wording,
    )
