"""The page of one's own places, as every act by the manage link comes back to it."""

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from workshops import changes, new_addresses, opt_ins
from workshops.actors import Actor
from workshops.attendees import Attendee, by_manage_link
from workshops.errors import WorkshopsError
from workshops.i18n import _
from workshops.routes import wording
from workshops.routes.ticket_pages import ticket_page

SAID = {
    "moved": _("Your time slot is changed"),
    "added": _("Your place is booked"),
    "waits": _("You are on the waiting list. Your other places stay as they are"),
    "all": _("All your places are cancelled. Somebody else can take them"),
    "name": _("Your name is corrected"),
    "contact": _("It is noted"),
    "address": _("Your address is confirmed. Your ticket is on its way to it"),
    "sent": _("Your ticket leaves within a minute"),
    "coming": _("Thank you: it is noted that you come"),
    "reminders-off": _("We send you no more reminders. Your ticket, and changes of your places, still come"),
    "reminders-on": _("You receive our reminders again"),
    "opt-ins": _("Your choices are noted"),
}
"""What an address may say was just done."""
GONE = _("This place is no longer yours: it was cancelled or changed. Here is what you have now")


def actor_of(person: Attendee) -> Actor:
    """Who acts by a manage link."""
    return Actor(f"attendee:{person.id}")


def back(secret: str, said: str = "") -> Response[Any]:
    """To the own page, which says what was done."""
    return Redirect(f"/m/{secret}{f'?said={said}' if said else ''}", status_code=303)


async def give_all_back(secret: str) -> Response[Any]:
    """Give back every place of the link's owner that has not begun. Raises NotFound."""
    person = await by_manage_link(secret)
    done = await changes.cancel_all(person.id, actor_of(person))
    return back(secret, "all" if done else "")


async def own_page(
    request: Request,  # type: ignore[type-arg]
    person: Attendee,
    secret: str,
    *,
    status: int = 200,
    refusal: WorkshopsError | None = None,
    gone: bool = False,
) -> Response[Any]:
    """Places, ticket, contact and choices of a person, and why something could not be done."""
    return await ticket_page(
        "manage",
        request,
        person,
        status=refusal.status if refusal else status,
        here=f"/m/{secret}",
        secret=secret,
        refusal=refusal,
        said=GONE if gone else SAID.get(request.query_params.get("said", ""), ""),
        gone=gone,
        waiting_address=await new_addresses.waiting(person.id),
        news=await opt_ins.wants_news(person.email),
        phone=person.phone and wording.phone_in_pairs(person.phone),
    )
