"""What the templates of messages may name: a letter in words, with its tickets, pictures and links made again."""

from dataclasses import fields
from typing import Any

from babel.dates import format_date

from workshops.i18n import translation
from workshops.letters import MOST_PEOPLE, Day, Letter, Person
from workshops.mail import Kind
from workshops.settings import settings
from workshops.tickets import Purpose, make_secret, manage_url, qr_png, qr_text, ticket_url
from workshops.transport import mail_domain

NO_TICKET = {Kind.YOUR_LINK, Kind.PLACE_OFFERED, Kind.OFFER_ENDED, Kind.PROVE, Kind.REMINDER, Kind.DECLINED}
"""What is said without the ticket."""
NO_CALENDAR = {*NO_TICKET, Kind.MORNING}
"""What is said without calendar entries: nothing in them is new."""


def everywhere() -> dict[str, Any]:
    """What every template may name."""
    chosen = settings()
    return {
        "public_url": chosen.public_url,
        "help_phone": chosen.help_phone,
        "controller": chosen.controller,
        "months": chosen.retention_months,
        "invites": chosen.inbox is not None,
    }


def shown_of(letter: Letter) -> dict[str, Any]:
    """What the templates for residents may name besides."""
    people = [person for day in letter.days for person in day.people]
    statuses = [slot.status for person in people for slot in person.slots]
    shown: dict[str, Any] = {
        "days": [_shown_day(letter, day) for day in letter.days],
        "alone": people[0] if len(people) == 1 and people[0].first_name else None,
        "booked": statuses.count("confirmed"),
        "waits": statuses.count("waiting"),
    }
    return shown | {"heading": _heading(letter, statuses.count("confirmed"))} | dict(letter.more)


def _heading(letter: Letter, booked: int) -> str:
    words = translation(letter.locale)
    if letter.kind is Kind.YOUR_LINK:
        return words.gettext("Your places are already booked")
    if letter.kind is Kind.PROVE:
        return words.gettext("One tap, and your place is booked")
    if letter.kind is Kind.YOUR_TICKETS:
        return words.ngettext(
            "Here is your ticket", "Here are your tickets", sum(len(day.people) for day in letter.days)
        )
    if not booked:
        return words.gettext("You are on the waiting list")
    return words.ngettext("Your place is booked", "Your places are booked", booked)


def _shown_day(letter: Letter, day: Day) -> dict[str, Any]:
    return _fields(day) | {
        "number": day.date.day,
        "month": format_date(day.date, "MMM", locale=letter.locale),
        "people": [_shown_person(letter, person) for person in day.people],
    }


def _shown_person(letter: Letter, person: Person) -> dict[str, Any]:
    manage = make_secret(Purpose.MANAGE, person.id, *person.manage)
    shown = _fields(person) | {
        "name": f"{person.first_name} {person.last_name}".strip(),
        "manage_url": manage_url(manage.text),
        "picture": None,
    }
    if letter.kind in NO_TICKET or not person.slots or sum(len(day.people) for day in letter.days) > MOST_PEOPLE:
        return shown
    ticket = make_secret(Purpose.TICKET, person.id, *person.ticket)
    png = qr_png(qr_text(ticket.text))
    return shown | {
        "ticket_url": ticket_url(ticket.text),
        "picture": f"qr.{letter.row}.{person.id}@{mail_domain()}",
        "png": png,
        "side": int.from_bytes(png[16:20], "big"),
    }


def _fields(row: Day | Person) -> dict[str, Any]:
    return {one.name: getattr(row, one.name) for one in fields(row)}
