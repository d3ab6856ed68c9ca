"""A letter as the bytes that leave: words and pictures from templates/email, the calendar entry, the headers."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import MIMEPart
from email.policy import SMTP
from email.utils import parseaddr
from functools import cache, partial
from typing import Any

from babel.dates import format_date
from jinja2 import Template
from mjml import mjml2html

from workshops import calendar
from workshops.i18n import templates, translate, translation
from workshops.letters import MOST_PEOPLE, Day, Letter, Notice, Person, Slot
from workshops.mail import Kind
from workshops.settings import bundled, settings
from workshops.tickets import Purpose, make_secret, manage_url, qr_png, qr_text, ticket_url
from workshops.transport import mail_domain

# 7bit: `sendmail` says nothing of 8BITMIME, so nothing else may leave (RFC 6152).
POLICY = SMTP.clone(cte_type="7bit")
NO_TICKET = {Kind.YOUR_LINK, Kind.PLACE_OFFERED, Kind.OFFER_ENDED, Kind.PROVE}
"""What is said without the ticket, and without calendar entries."""
FILE = "osons-nos-talents.ics"
# The parts are put in before MJML reads them: what it includes itself does not know the width of the page.
_INCLUDE = re.compile(r'<mj-include path="\./(\w+\.(?:mjml|txt))" />')


def render(letter: Letter | Notice, now: datetime) -> bytes:
    """The whole message, ASCII with CRLF; secrets are made again here and stand nowhere else. Raises KeyGone.

    Takes about 15 ms of CPU a person: call it off the event loop.
    """
    shown = _everywhere() | (letter.shown if isinstance(letter, Notice) else _shown(letter))
    body = _body(letter, shown)
    entries = [] if isinstance(letter, Notice) or letter.kind in NO_TICKET else list(_entries(letter))
    if entries:
        body = _multipart("mixed", [body, _calendar(calendar.published(entries))])
    for name, value in _headers(letter, shown, now):
        body[name] = value
    return body.as_bytes()


def as_text(letter: Notice) -> str:
    """The words of a message alone, as every mail program can show them."""
    return templates("email", letter.locale).get_template(f"{letter.kind}.txt").render(_everywhere() | letter.shown)


def _headers(letter: Letter | Notice, shown: dict[str, Any], now: datetime) -> Iterator[tuple[str, object]]:
    subject = templates("email", letter.locale).get_template(f"{letter.kind}.subject.txt").render(shown)
    name, sender = parseaddr(settings().mail_from)
    yield "MIME-Version", "1.0"
    yield "From", Address(display_name=name, addr_spec=sender)
    yield "To", Address(addr_spec=letter.address)
    yield "Subject", re.sub(r"[ \t\r\n]+", " ", subject).strip()
    yield "Date", now
    yield "Message-ID", f"<{letter.row}@{mail_domain()}>"
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"
    yield "Content-Language", letter.locale
    if isinstance(letter, Letter) and letter.answers:
        yield "In-Reply-To", f"<{letter.answers}@{mail_domain()}>"
        yield "References", f"<{letter.answers}@{mail_domain()}>"


def _body(letter: Letter | Notice, shown: dict[str, Any]) -> MIMEPart:
    """Words and pictures as Exchange itself nests them: related(alternative(plain, html), images)."""
    body = MIMEPart(POLICY)
    text = templates("email", letter.locale).get_template(f"{letter.kind}.txt").render(shown)
    body.set_content(text, cte="quoted-printable")
    html = _template(letter.kind, letter.locale).render(shown)
    body.add_alternative(html, subtype="html", cte="quoted-printable")
    pictures = [_picture(person) for day in shown.get("days", ()) for person in day["people"] if person["picture"]]
    if not pictures:
        return body
    related = _multipart("related", [body, *pictures])
    related.set_param("type", "multipart/alternative")
    return related


def _multipart(subtype: str, parts: list[Any]) -> MIMEPart:
    message = MIMEPart(POLICY)
    message["Content-Type"] = f"multipart/{subtype}"
    message.set_payload(parts)
    return message


def _picture(person: dict[str, Any]) -> MIMEPart:
    part = MIMEPart(POLICY)
    part.set_content(
        person["png"],
        maintype="image",
        subtype="png",
        disposition="inline",
        filename=f"{person['code']}.png",
        cid=f"<{person['picture']}>",
    )
    return part


def _calendar(content: bytes) -> MIMEPart:
    part = MIMEPart(POLICY)
    part.set_content(
        content,
        maintype="text",
        subtype="calendar",
        disposition="attachment",
        filename=FILE,
        params={"charset": "utf-8", "method": "PUBLISH"},
    )
    return part


@cache
def _template(kind: Kind, locale: str) -> Template:
    """The HTML that MJML makes, once, with the Jinja expressions still in it."""
    html = mjml2html(
        _INCLUDE.sub(lambda found: _source(found[1]), _source(f"{kind}.mjml")), disable_comments=True, fonts={}
    )
    return templates("email", locale).from_string(re.sub(r"\n\s+", "\n", html))


def _source(name: str) -> str:
    return (bundled("templates") / "email" / name).read_text(encoding="utf-8")


def _everywhere() -> dict[str, Any]:
    """What every template may name."""
    chosen = settings()
    return {
        "public_url": chosen.public_url,
        "help_phone": chosen.help_phone,
        "controller": chosen.controller,
        "months": chosen.retention_months,
    }


def _shown(letter: Letter) -> dict[str, Any]:
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
    return asdict(day) | {
        "number": day.date.day,
        "month": format_date(day.date, "MMM", locale=letter.locale),
        "people": [_shown_person(letter, person) for person in day.people],
    }


def _shown_person(letter: Letter, person: Person) -> dict[str, Any]:
    manage = make_secret(Purpose.MANAGE, person.id, *person.manage)
    shown = asdict(person) | {
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


def _entries(letter: Letter) -> Iterator[calendar.Entry]:
    """One entry a confirmed place, or one that is gone. Neither names nor the message's links: calendars are shared."""
    for day in letter.days:
        for event, gone in letter.gone:
            if event == day.id:
                yield replace(_entry(letter.locale, day, gone), cancelled=True)
        for person in day.people:
            for slot in person.slots:
                if slot.status == "confirmed":
                    yield _entry(letter.locale, day, slot)


def _entry(locale: str, day: Day, slot: Slot) -> calendar.Entry:
    say = partial(translate, locale)
    lines = [
        slot.company or "",
        say("stand %(stand)s", {"stand": slot.stand}) if slot.stand else "",
        say("Show your ticket at the entrance: it is in the message."),
        f"{say('A question? Call')} {settings().help_phone}",
    ]
    return calendar.Entry(
        uid=calendar.uid("place", slot.id),
        sequence=slot.sequence,
        stamp=slot.updated_at,
        start=slot.starts_at,
        end=slot.ends_at,
        zone=day.zone,
        title=f"{slot.title} ({day.title})" if slot.title != day.title else day.title,
        location=", ".join(part for part in (day.venue, day.address, day.commune) if part),
        geo=day.geo,
        description="\n".join(line for line in lines if line),
        url=f"{settings().public_url}/events/{day.id}",
    )
