"""The pages of a sign-up: the choice to mend, the form, the answers to check, and what stands against them."""

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect

from workshops import programme
from workshops.attendees import OwnPlace, attendee
from workshops.errors import Fault, WorkshopsError
from workshops.ids import new_id
from workshops.persons import ACCOMMODATIONS
from workshops.registrations import SignUp
from workshops.routes import wording
from workshops.routes.choice import Choice, Pick
from workshops.routes.form_signs import served_at
from workshops.routes.forms import Form, filled
from workshops.routes.invited import invited
from workshops.routes.own_slots import against
from workshops.routes.pages import locale_of, page, personal
from workshops.routes.signed_up import signed_up
from workshops.settings import settings


def day_address(choice: Choice) -> str:
    """Where the day of this choice is shown, with the choice."""
    return f"/events/{choice.day.id}{choice.query()}"


async def prefilled(request: Request, choice: Choice) -> Form:  # type: ignore[type-arg]
    """What need not be written again: by who has just signed somebody up, by who has opened an invitation."""
    known = signed_up(request, choice.day.id)
    if not choice.who and (guest := await invited(request, choice.day.id)):
        number = guest.phone and wording.phone_in_pairs(guest.phone)
        named = {"first_name": guest.first_name, "last_name": guest.last_name}
        return filled(named | {"email": guest.email, "phone": number})
    if not choice.who or known is None or not known.own:
        return Form(())
    person = await attendee(known.attendee)
    contact = {"email": person.email, "phone": person.phone and wording.phone_in_pairs(person.phone)}
    if choice.who == "other":
        return filled(contact)
    aged = {True: "true", False: "false", None: None}[person.aged_16_or_over]
    return filled(
        {
            "first_name": person.first_name,
            "last_name": person.last_name,
            **contact,
            "aged_16_or_over": aged,
            "responsible_adult.name": person.adult_name,
            "responsible_adult.phone": person.adult_phone and wording.phone_in_pairs(person.adult_phone),
        }
    )


def choice_page(
    request: Request,  # type: ignore[type-arg]
    choice: Choice,
    form: Form,
    status: int = 200,
) -> Response[Any]:
    """What is chosen, to mend; what the person has written already stays in it."""
    errors = wording.errors_in(choice.faults(locale_of(request)), locale_of(request))
    return _page(request, "choice", choice, form, status, errors=errors)


async def form_page(
    request: Request,  # type: ignore[type-arg]
    choice: Choice,
    form: Form,
    faults: tuple[Fault, ...] = (),
    status: int = 200,
    refusal: WorkshopsError | None = None,
) -> Response[Any]:
    """Who you are and how to reach you; for a meeting, on the page of the day itself."""
    return _page(
        request,
        "meeting" if choice.meeting else "sign_up",
        choice,
        form,
        status,
        errors=wording.errors_in(faults, locale_of(request)),
        values=form.shown(),
        served=served_at(form),
        agencies=[{"value": one["slug"], "label": one["name"]} for one in await programme.agencies()],
        communes=() if choice.meeting else wording.commune_options(),
        accommodations=ACCOMMODATIONS,
        refusal=refusal,
        controller=settings().controller,
        months=settings().retention_months,
    )


async def check_page(request: Request, choice: Choice, form: Form, asked: SignUp) -> Response[Any]:  # type: ignore[type-arg]
    """Everything once more, before it counts (RGAA 11.12)."""
    agencies = await programme.agencies() if asked.person.agency else []
    return _page(
        request,
        "check",
        choice,
        form,
        200,
        person=asked.person,
        share=asked.share_with_exhibitor,
        news=asked.news and asked.person.email,
        agency=next((one["name"] for one in agencies if one["id"] == asked.person.agency), None),
        accommodations=ACCOMMODATIONS,
    )


def full_page(request: Request, choice: Choice, form: Form, full: list[str]) -> Response[Any]:  # type: ignore[type-arg]
    """Slots that have filled up meanwhile: wait for a place, or take another slot of the same workshop."""
    picks = [pick for pick in choice.picks if pick.slot.id in full]
    return _page(
        request,
        "full",
        choice,
        form,
        409,
        full=[(pick, _instead(choice, pick)) for pick in picks],
        kept=[pick for pick in choice.picks if pick not in picks],
    )


def refused_page(
    request: Request,  # type: ignore[type-arg]
    choice: Choice,
    form: Form,
    error: WorkshopsError,
    own: list[OwnPlace],
) -> Response[Any]:
    """Something stored stands against it; only who has these `own` places is told what, and what is free instead."""
    clashing = [(pick, against(pick.slot, own, None)) for pick in choice.picks if own]
    picks = [pick for pick, places in clashing if places]
    return _page(
        request,
        "refused",
        choice,
        form,
        error.status,
        error=error,
        against=list(dict.fromkeys(place for _pick, places in clashing for place in places)),
        instead=[free for pick in picks for free in _instead(choice, pick) if not against(free.slot, own, None)],
        kept_sessions=[pick.slot.id for pick in choice.picks if pick not in picks],
    )


def elsewhere(choice: Choice) -> Response[Any]:
    """A meeting has no steps: back to its page."""
    return Redirect(day_address(choice), status_code=303)


def _instead(choice: Choice, full: Pick) -> list[Pick]:
    """The slots of the same workshop that can be had instead."""
    others = [pick for pick in choice.picks if pick.stand.id != full.stand.id]
    free = [Pick(slot, full.stand) for slot in full.stand.slots if slot.seats_left]
    return [pick for pick in free if not any(pick.overlaps(other) for other in others)]


def _page(
    request: Request,  # type: ignore[type-arg]
    name: str,
    choice: Choice,
    form: Form,
    status: int,
    **context: Any,
) -> Response[Any]:
    return page(
        f"public/{name}.html",
        request,
        status=status,
        headers=personal(request) if form.pairs else None,
        here=day_address(choice) if choice.meeting else f"/events/{choice.day.id}/sign-up{choice.query()}",
        choice=choice,
        day=choice.day,
        form=form,
        once=new_id(),
        wording=wording,
        **{"errors": [], **context},
    )
