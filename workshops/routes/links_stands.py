"""What a link mailed to an exhibitor opens: its day, or once those who agreed to be contacted; and jobs to search."""

from typing import Any

from litestar import Response, Router, get, post
from litestar.di import Provide
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK

from workshops import contacts_shared
from workshops.contacts_shared import Contact, Offer
from workshops.jobs import search
from workshops.routes import wording
from workshops.routes.pages import page
from workshops.routes.stand_acts import OWN
from workshops.routes.stand_pages import TYPED, Asked, Place
from workshops.stand_links import by_link

FORM_BYTES = 64 * 1024
DAY_SECONDS = 24 * 3600


async def place_of_link(secret: FromPath[str]) -> Place:
    """The exhibitor whom the link was sent to. Raises NotFound, MailLinkExpired."""
    actor = await by_link(secret)
    return Place(actor, actor.event, actor.organisation, f"/stand/{secret}")


@get("/contacts/{secret:str}")
async def show_offer(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """What the link opens, and one button: mail scanners open links, a list is opened by people."""
    return _contacts(request, secret, await contacts_shared.offered(secret))


@post("/contacts/{secret:str}", status_code=HTTP_200_OK)
async def open_contacts(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """The list, this once; that it was opened is kept."""
    offer, contacts = await contacts_shared.open_contacts(secret)
    return _contacts(request, secret, offer, contacts)


@get("/jobs")
async def find_jobs(q: FromQuery[str] = "") -> Response[list[dict[str, str]]]:
    """At most ten jobs of the national list (ROME) nearest to some words: public data, no names."""
    found = [{"code": code, "label": label} for code, label in search(q[:TYPED])]
    return Response(found, headers={"Cache-Control": f"public, max-age={DAY_SECONDS}"})


def _contacts(request: Asked, secret: str, offer: Offer, contacts: list[Contact] | None = None) -> Response[Any]:
    context: dict[str, Any] = {"offer": offer, "contacts": contacts, "secret": secret, "wording": wording}
    return page("stand/contacts.html", request, headers={"Cache-Control": "no-store"}, here="/", **context)


LINKS = Router(
    "/",
    route_handlers=[
        Router("/stand/{secret:str}", route_handlers=OWN, dependencies={"place": Provide(place_of_link)}),
        show_offer,
        open_contacts,
        find_jobs,
    ],
    include_in_schema=False,
    request_max_body_size=FORM_BYTES,
)
