"""What a reminder leads to: "I come", "I do not come", and no more reminders (RFC 8058)."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody

from workshops import reminders, unsubscribe
from workshops.attendees import by_manage_link
from workshops.routes.forms import read_form
from workshops.routes.own_page import actor_of, back, give_all_back
from workshops.routes.pages import page, personal
from workshops.routes.ticket_pages import ticket_page
from workshops.unsubscribe import Subscription

Asked = Request[Any, Any, Any]


@get("/m/{secret:str}/coming")
async def ask_coming(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """Their places of the day, and one button."""
    return await ticket_page("coming", request, await by_manage_link(secret), secret=secret)


@post("/m/{secret:str}/coming")
async def coming(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """They come; or there is nothing left to come to, which the page says."""
    person = await by_manage_link(secret)
    if await reminders.say_coming(person.id, actor_of(person)):
        return back(secret, "coming")
    return await ticket_page("coming", request, person, secret=secret)


@get("/m/{secret:str}/not-coming")
async def ask_not_coming(request: Asked, secret: FromPath[str]) -> Response[Any]:
    """The places that they would give back, one button, and the way to keep some."""
    return await ticket_page("not_coming", request, await by_manage_link(secret), secret=secret)


@post("/m/{secret:str}/not-coming")
async def not_coming(secret: FromPath[str]) -> Response[Any]:
    """Give every place back that has not begun."""
    return await give_all_back(secret)


@post("/m/{secret:str}/reminders")
async def choose_reminders(secret: FromPath[str], body: RawBody) -> Response[Any]:
    """Switch the reminders to one's address on or off."""
    person, wanted = await by_manage_link(secret), read_form(body).one("wanted") == "true"
    await unsubscribe.choose_reminders(person.id, wanted, actor_of(person))
    return back(secret, "reminders-on" if wanted else "reminders-off")


@get("/u/{token:str}")
async def ask_stop(request: Asked, token: FromPath[str]) -> Response[Any]:
    """What stops, what does not, and one button."""
    return _page(request, token, await unsubscribe.subscription(token))


@post("/u/{token:str}", status_code=200)
async def stop(request: Asked, token: FromPath[str]) -> Response[Any]:
    """Ended at once, whoever presses: a mail program does, with neither session nor origin (RFC 8058 §3.2)."""
    return _page(request, token, await unsubscribe.stop(token), said=True)


@post("/u/{token:str}/resume", status_code=200)
async def resume(request: Asked, token: FromPath[str]) -> Response[Any]:
    """They come again."""
    return _page(request, token, await unsubscribe.resume(token), said=True)


def _page(request: Asked, token: str, found: Subscription, said: bool = False) -> Response[Any]:
    return page(
        "public/unsubscribe.html",
        request,
        headers=personal(request),
        here=f"/u/{token}",
        token=token,
        found=found,
        said=said,
    )


ROUTES = (ask_coming, coming, ask_not_coming, not_coming, choose_reminders, ask_stop, stop, resume)
