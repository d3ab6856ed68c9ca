"""The places of one person, for staff on the telephone with them: one more, another hour, give one back."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import changes, waiting_list
from workshops.errors import Fault, Invalid, NotFound
from workshops.i18n import _
from workshops.openings import Stall, openings
from workshops.refusals import CannotCancel, OfferEnded, Refused, SessionFull
from workshops.routes.forms import Form, read_form
from workshops.routes.office.profile_pages import Asked, Opened, back, opened_by, profile_page
from workshops.routes.office.slot_choice import clashing, invalid_faults, read_ticked, refusal_faults, without
from workshops.routes.pages import locale_of
from workshops.tables.people import Role

MOST_FIELDS = 200


@get("/office/attendees/{attendee:str}/places")
async def show_openings(request: Asked, attendee: FromPath[str]) -> Response[Any]:
    """The slots that can be added."""
    return await _slots_page(request, await opened_by(request, attendee, "person"), "add")


@post("/office/attendees/{attendee:str}/places")
async def add_places(request: Asked, attendee: FromPath[str], body: RawBody) -> Response[Any]:
    """Take them; where the page said that a slot is full, a turn on its waiting list."""
    opened, form = await opened_by(request, attendee), read_form(body, MOST_FIELDS)
    ticked = read_ticked(form.all("sessions"))
    try:
        if not ticked.sessions:
            raise Invalid(faults=(Fault("sessions", _("Choose at least one time slot of this day.")),))
        try:
            await changes.add(attendee, ticked.sessions, "refuse", opened.who, ticked.holds)
        except SessionFull as error:
            if not ticked.may_wait(error):
                raise
            await changes.add(attendee, ticked.sessions, "wait", opened.who, ticked.holds)
    except (Refused, Invalid) as error:
        return await _slots_page(request, opened, "add", form=form, error=error)
    return back(attendee, "added")


@get("/office/attendees/{attendee:str}/places/{registration:str}")
async def show_place(request: Asked, attendee: FromPath[str], registration: FromPath[str]) -> Response[Any]:
    """A place: another hour for it, or give it back."""
    opened = await opened_by(request, attendee, "person")
    own = _own(opened, registration)
    if own["status"] == "cancelled":
        return back(attendee, "")
    return await _slots_page(request, opened, "move", place=own)


@post("/office/attendees/{attendee:str}/places/{registration:str}")
async def move_place(
    request: Asked, attendee: FromPath[str], registration: FromPath[str], body: RawBody
) -> Response[Any]:
    """Change it for another; if that is full and was shown as full, wait for it and keep this one."""
    opened, form = await opened_by(request, attendee), read_form(body)
    own, ticked = _own(opened, registration), read_ticked(form.all("sessions")[:1])
    try:
        if not ticked.sessions:
            raise Invalid(faults=(Fault("sessions", _("Choose the slot to move to.")),))
        wish = "wait" if ticked.waits else "refuse"
        found = await changes.move(registration, ticked.sessions[0], wish, opened.who)
    except (Refused, Invalid) as error:
        return await _slots_page(request, opened, "move", place=own, form=form, error=error)
    return back(attendee, "moved" if found.place.status == "confirmed" else "waits")


@post("/office/attendees/{attendee:str}/places/{registration:str}/cancel")
async def cancel_place(request: Asked, attendee: FromPath[str], registration: FromPath[str]) -> Response[Any]:
    """Give it back."""
    opened = await opened_by(request, attendee)
    own = _own(opened, registration)
    try:
        await changes.cancel(registration, opened.who)
    except CannotCancel as error:
        return await _slots_page(request, opened, "move", place=own, error=error)
    return back(attendee, "cancelled")


@post("/office/attendees/{attendee:str}/places/{registration:str}/answer")
async def answer_offer(
    request: Asked, attendee: FromPath[str], registration: FromPath[str], body: RawBody
) -> Response[Any]:
    """Say yes or no to an offered place for the person on the telephone; `answer` is yes or no."""
    opened = await opened_by(request, attendee)
    _own(opened, registration)
    answers = {"yes": (waiting_list.accept, "accepted"), "no": (waiting_list.refuse, "refused")}
    says, done = answers.get(read_form(body).one("answer"), (None, ""))
    try:
        if says:
            await says(registration, opened.who)
    except OfferEnded:
        done = "offer_ended"
    except CannotCancel:
        done = "offer_stays"
    return back(attendee, done)


def _own(opened: Opened, registration: str) -> dict[str, Any]:
    """A place of the person, given back or not. A group's is changed with what is kept for it: NotFound."""
    own = next((one for one in opened.profile.places if one["id"] == registration), None)
    if own is None or opened.person["kind"] == "group":
        raise NotFound
    return own


async def _slots_page(
    request: Asked,
    opened: Opened,
    what: str,
    *,
    place: dict[str, Any] | None = None,
    form: Form | None = None,
    error: Refused | Invalid | None = None,
) -> Response[Any]:
    """The slots to choose from: for one more place, or instead of `place`."""
    stalls, zone = await openings(opened.person["event"], opened.who), opened.person["zone"]
    faults: tuple[Fault, ...] = ()
    if isinstance(error, Invalid):
        faults = invalid_faults(error)
    elif error is not None:
        leads = opened.who.role is not Role.ADVISER
        faults = refusal_faults(error, stalls, leads=leads, locale=locale_of(request), zone=zone)
    taken = [times for times in opened.taken if not place or times != (place["starts_at"], place["ends_at"])]
    return profile_page(
        f"profile_{what}.html",
        request,
        opened,
        faults=faults,
        status=error.status if error else HTTP_200_OK,
        event={"id": opened.person["event"], "zone": zone},
        stalls=_left(stalls, opened, place),
        chosen=form.all("sessions") if form else [],
        taken=taken,
        place=place,
        clashing=clashing,
    )


def _left(stalls: list[Stall], opened: Opened, place: dict[str, Any] | None) -> list[Stall]:
    """Not what the person has; of a workshop of which they have a place, other slots only instead of that place."""
    had = [one["workshop"] for one in opened.profile.places if one["status"] == "confirmed" and one is not place]
    return without(stalls, opened.place_ids, had)


ROUTES = [show_openings, add_places, show_place, move_place, cancel_place, answer_offer]
