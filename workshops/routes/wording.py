"""How days, workshops and slots are shown: the state that a badge names, and how many places it tells."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from unicodedata import combining, normalize
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers

from workshops.communes import commune, communes
from workshops.database import utcnow
from workshops.errors import Fault
from workshops.fields import Wrong, web_address
from workshops.i18n import span, translate
from workshops.programme import Day, Slot, Stand

Shown = dict[str, str]


def commune_name(insee: str | None) -> str:
    """The name of a commune of the Artois; nothing for another."""
    place = commune(insee or "")
    return place.name if place else ""


def commune_code(text: str) -> str:
    """The INSEE code of a commune given by its code, or by its name as people write it; else `text` itself."""
    asked = _plain(text)
    named = [insee for name, insee in _plain_names() if name == asked]
    named = named or [insee for name, insee in _plain_names() if asked and name.startswith(asked)]
    return named[0] if len(named) == 1 else text


def commune_options(insees: Iterable[str] | None = None) -> list[Shown]:
    """These communes, or all 150, as a list to choose from, in the order of a dictionary."""
    wanted = {place.insee for place in communes()} if insees is None else set(insees)
    ordered = [insee for _, insee in sorted(_plain_names()) if insee in wanted]
    return [{"value": insee, "label": commune_name(insee)} for insee in ordered]


def website(address: str | None) -> Shown | None:
    """A link to a website and the words for it; None for what is no http or https address, however it was stored."""
    try:
        href = web_address(address) if address else None
    except Wrong:
        return None
    return {"href": href, "label": (urlsplit(href).hostname or "").removeprefix("www.")} if href else None


def phone_in_pairs(number: str) -> str:
    """06 12 34 56 78 for a French number in E.164, +32 … for a foreign one."""
    parsed = phonenumbers.parse(number)
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL if parsed.country_code == 33 else form.INTERNATIONAL)


def is_past(instant: datetime) -> bool:
    """Whether it has come."""
    return utcnow() >= instant


def opens_later(day: Day) -> bool:
    """Whether sign-up to the day has yet to open (rule 6)."""
    return day.is_on and day.sign_up_opens_at is not None and day.sign_up_opens_at > utcnow()


def near(day: Day) -> str:
    """today, tomorrow, or nothing, in the day's own zone."""
    today = utcnow().astimezone(ZoneInfo(day.zone)).date()
    return {0: "today", 1: "tomorrow"}.get((day.date - today).days, "")


def day_state(day: Day) -> str:
    """The state of a day in the list of days."""
    if opens_later(day):
        return "soon"
    return "open" if day.bookable else "closed"


def slot_state(slot: Slot, day: Day) -> str:
    """cancelled, past, open, soon, or closed: no sign-up online, but places are given at the stand."""
    if slot.cancelled:
        return "cancelled"
    if slot.over:
        return "past"
    if slot.bookable:
        return "open"
    return "soon" if opens_later(day) else "closed"


def slot_left(slot: Slot) -> int:
    """The places that the slot's badge tells."""
    return slot.seats_left if slot.bookable else slot.free


def stand_state(stand: Stand, day: Day) -> tuple[str, int]:
    """The state of a workshop and the places that its badge tells: where there are any counts before a waiting list."""
    left: dict[str, int] = {}
    for slot in stand.slots:
        state = slot_state(slot, day)
        left[state] = left.get(state, 0) + slot_left(slot)
    for state in ("open", "soon", "closed"):
        if left.get(state):
            return state, left[state]
    return next((state for state in ("open", "soon", "closed", "past") if state in left), "cancelled"), 0


def hours_to_come(stand: Stand) -> list[datetime]:
    """When the workshop begins, again and again: what is still to come, or all where nothing is."""
    coming = [slot.starts_at for slot in stand.slots if not (slot.cancelled or slot.over)]
    return coming or [slot.starts_at for slot in stand.slots]


def slot_words(slot: Slot, stand: Stand, day: Day, locale: str) -> str:
    """Maçon / Maçonne, 10 h – 10 h 45."""
    return f"{stand.title}, {span(slot.starts_at, slot.ends_at, locale, day.zone)}"


def errors_in(faults: Iterable[Fault], locale: str) -> list[Shown]:
    """Faults as the error summary and the fields show them."""
    return [{"field": fault.name, "message": translate(locale, fault.message, fault.limits)} for fault in faults]


@cache
def _plain_names() -> tuple[tuple[str, str], ...]:
    return tuple((_plain(place.name), place.insee) for place in communes())


def _plain(name: str) -> str:
    spelt = name.casefold().replace("œ", "oe")
    bare = "".join(char for char in normalize("NFKD", spelt) if not combining(char))
    return re.sub(r"\bst\b", "saint", " ".join(re.findall(r"\w+", bare)))
