"""How people of a day are written: their places, how they signed up, and a line of the spreadsheet."""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from workshops.i18n import _, hour, translate
from workshops.people import Listed, Place
from workshops.persons import ACCOMMODATIONS
from workshops.routes import wording
from workshops.selection import ANY, COMING
from workshops.sheets import Value
from workshops.tables.people import Origin

STATUSES = {
    COMING: _("Coming or waiting"),
    "confirmed": _("Place booked"),
    "offered": _("Place offered"),
    "waiting": _("On the waiting list"),
    "cancelled": _("Place given back"),
    ANY: _("Everybody, given back too"),
}
ORIGINS = {
    Origin.ONLINE.value: _("Online"),
    Origin.INVITED.value: _("By invitation"),
    Origin.ON_BEHALF.value: _("By an agency"),
    Origin.DESK.value: _("By the organiser"),
    Origin.WALK_IN.value: _("On the spot"),
}
_SAID = {"waiting": _("waiting"), "cancelled": _("given back"), "confirmed": _("booked")}
_COLUMNS = (
    _("Last name"),
    _("First name"),
    _("Number of people"),
    _("E-mail"),
    _("Mobile"),
    _("Responsible adult"),
    _("Places"),
    _("Agency"),
    _("Arrangements"),
    _("To call"),
    _("Let in"),
    _("Signed up on"),
    _("How they signed up"),
)


def place_words(place: Place, locale: str, zone: str) -> str:
    """The state of a place: booked, waiting, offered until 14:00, to choose, given back."""
    if place.status == "offered" and place.offered_until:
        until = hour(place.offered_until, locale, zone)
        return translate(locale, _("offered until %(hour)s"), {"hour": until})
    if place.must_choose and place.status == "confirmed":
        return translate(locale, _("has to choose"))
    return translate(locale, _SAID.get(place.status, place.status))


def phone(number: str) -> str:
    """06 12 34 56 78 for a French number in E.164, quickly; another as `wording.phone_in_pairs` writes it."""
    if re.fullmatch(r"\+33\d{9}", number):
        return " ".join(re.findall("..", f"0{number[3:]}"))
    return wording.phone_in_pairs(number)


def columns(locale: str) -> Sequence[str]:
    """The head of the spreadsheet."""
    return [translate(locale, name) for name in _COLUMNS]


def row_of(one: Listed, zone: str, locale: str) -> Sequence[Value]:
    """A line of the spreadsheet; hours are in `zone`."""
    yes = translate(locale, _("yes"))
    adult = " ".join(filter(None, (one.adult_name, phone(one.adult_phone) if one.adult_phone else "")))
    agency = (one.agency.name or translate(locale, _("Another body"))) if one.agency else None
    return [
        one.last_name,
        one.first_name,
        one.size,
        one.email,
        phone(one.phone) if one.phone else None,
        adult or None,
        "\n".join(_place(place, locale, zone) for place in one.places),
        agency,
        ", ".join(translate(locale, ACCOMMODATIONS.get(code, code)) for code in one.accommodations),
        yes if one.to_call else None,
        yes if one.inside else None,
        _moment(one.created_at, zone),
        translate(locale, ORIGINS.get(one.origin, one.origin)),
    ]


def _place(place: Place, locale: str, zone: str) -> str:
    return f"{hour(place.starts_at, locale, zone)} {place.title} ({place_words(place, locale, zone)})"


def _moment(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%d/%m/%Y %H:%M}"
