"""A letter as the bytes that leave: words and pictures from templates/email, the calendar entry, the headers."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from email.message import MIMEPart
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from functools import cache, partial
from typing import Any

from jinja2 import Template
from mjml import mjml2html

from workshops import calendar
from workshops.i18n import templates, translate
from workshops.letters import Day, Letter, Notice, Slot
from workshops.mail import Kind
from workshops.settings import bundled, settings
from workshops.shown import NO_TICKET, everywhere, shown_of
from workshops.transport import mail_domain


class _Plain(EmailPolicy):
    """Leaves headers that need no encoding as they are written: parsing each costs more than a message's words."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return super().header_store_parse(name, value) if name in _ENCODED else (name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        return super().header_fetch_parse(name, value) if name in _ENCODED else value


# 7bit: `sendmail` says nothing of 8BITMIME, so nothing else may leave (RFC 6152). 76: quoted-printable (RFC 2045 §6.7).
POLICY = _Plain(linesep="\r\n", cte_type="7bit", max_line_length=76)
FILE = "osons-nos-talents.ics"
_ENCODED = ("From", "To", "Subject")
# The parts are put in before MJML reads them: what it includes itself does not know the width of the page.
_INCLUDE = re.compile(r'<mj-include path="\./(\w+\.(?:mjml|txt))" />')


def render(letter: Letter | Notice, now: datetime) -> bytes:
    """The whole message, ASCII with CRLF; secrets are made again here and stand nowhere else. Raises KeyGone.

    Takes about 15 ms of CPU a person: call it off the event loop.
    """
    shown = everywhere() | (letter.shown if isinstance(letter, Notice) else shown_of(letter))
    if isinstance(letter, Letter) and letter.kind is Kind.SLOT:
        body = _invitation(letter, shown)
    else:
        body = _body(letter, shown)
        if entries := list(_entries(letter)):
            body = _multipart("mixed", [body, _attached(calendar.published(entries), "text", method="PUBLISH")])
    for name, value in _headers(letter, shown, now):
        body[name] = value
    return _unsubscribe(letter) + body.as_bytes()


def _unsubscribe(letter: Letter | Notice) -> bytes:
    """RFC 8058. Written as bytes: the library would fold or encode an address of more than 78 characters."""
    if not letter.unsubscribe:
        return b""
    lines = f"List-Unsubscribe: <{letter.unsubscribe}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return lines.encode("ascii")


def as_text(letter: Notice) -> str:
    """The words of a message alone, as every mail program can show them."""
    return templates("email", letter.locale).get_template(f"{letter.kind}.txt").render(everywhere() | letter.shown)


def _headers(letter: Letter | Notice, shown: dict[str, Any], now: datetime) -> Iterator[tuple[str, object]]:
    subject = templates("email", letter.locale).get_template(f"{letter.kind}.subject.txt").render(shown)
    name, sender = parseaddr(settings().mail_from)
    yield "MIME-Version", "1.0"
    yield "From", Address(display_name=name, addr_spec=sender)
    yield "To", Address(addr_spec=letter.address)
    yield "Subject", re.sub(r"[ \t\r\n]+", " ", subject).strip()
    yield "Date", format_datetime(now)
    yield "Message-ID", f"<{letter.row}@{mail_domain()}>"
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"
    yield "Content-Language", letter.locale
    if isinstance(letter, Letter) and letter.answers:
        yield "In-Reply-To", f"<{letter.answers}@{mail_domain()}>"
        yield "References", f"<{letter.answers}@{mail_domain()}>"


def _invitation(letter: Letter, shown: dict[str, Any]) -> MIMEPart:
    """The calendar's part beside the words, and again attached, for programs that look at one of both (CalConnect)."""
    [day] = letter.days
    entry = replace(
        _entry(letter.locale, day, letter.more["place"], shown["days"][0]["people"][0].get("ticket_url")),
        cancelled=letter.more["gone"],
        organizer=letter.more["organizer"],
        attendee=letter.address,
    )
    content = calendar.invitation(entry, parseaddr(settings().mail_from)[0] or mail_domain())
    part = MIMEPart(POLICY)
    method = {"charset": "utf-8", "method": letter.more["method"]}
    part.set_content(content, maintype="text", subtype="calendar", cte="base64", params=method)
    return _multipart("mixed", [_body(letter, shown, part), _attached(content, "application")])


def _body(letter: Letter | Notice, shown: dict[str, Any], entry: MIMEPart | None = None) -> MIMEPart:
    """Words and pictures as Exchange itself nests them: related(alternative(plain, html, calendar), images)."""
    body = MIMEPart(POLICY)
    text = templates("email", letter.locale).get_template(f"{letter.kind}.txt").render(shown)
    body.set_content(text, cte="quoted-printable")
    body.make_alternative(_boundary("alternative"))
    html = _template(letter.kind, letter.locale).render(shown)
    body.add_alternative(html, subtype="html", cte="quoted-printable")
    if entry:
        body.attach(entry)
    pictures = [_picture(person) for day in shown.get("days", ()) for person in day["people"] if person["picture"]]
    if not pictures:
        return body
    related = _multipart("related", [body, *pictures])
    related.set_param("type", "multipart/alternative")
    return related


def _multipart(subtype: str, parts: list[Any]) -> MIMEPart:
    message = MIMEPart(POLICY)
    message["Content-Type"] = f'multipart/{subtype}; boundary="{_boundary(subtype)}"'
    message.set_payload(parts)
    return message


def _boundary(subtype: str) -> str:
    """One that neither quoted-printable nor base64 can hold (RFC 2045 §6.7), so that nobody has to look for it."""
    return f"=_{subtype}"


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


def _attached(content: bytes, maintype: str, method: str | None = None) -> MIMEPart:
    part = MIMEPart(POLICY)
    part.set_content(
        content,
        maintype=maintype,
        subtype="calendar" if method else "ics",
        disposition="attachment",
        filename=FILE if method else "invite.ics",
        params={"charset": "utf-8", "method": method} if method else {"name": "invite.ics"},
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


def _entries(letter: Letter | Notice) -> Iterator[calendar.Entry]:
    """One entry a confirmed place, or one that is gone. Neither names nor the message's links: calendars are shared.

    None where each slot has an invitation of its own.
    """
    if isinstance(letter, Notice) or letter.kind in NO_TICKET or settings().inbox:
        return
    for day in letter.days:
        for event, gone in letter.gone:
            if event == day.id:
                yield replace(_entry(letter.locale, day, gone), cancelled=True)
        for person in day.people:
            for slot in person.slots:
                if slot.status == "confirmed":
                    yield _entry(letter.locale, day, slot)


def _entry(locale: str, day: Day, slot: Slot, ticket: str | None = None) -> calendar.Entry:
    say = partial(translate, locale)
    lines = [
        slot.company or "",
        say("stand %(stand)s", {"stand": slot.stand}) if slot.stand else "",
        f"{say('Your ticket:')} {ticket}" if ticket else say("Show your ticket at the entrance: it is in the message."),
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
