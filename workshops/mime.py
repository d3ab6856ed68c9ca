"""A letter as the bytes that leave: words and pictures from templates/email, the calendar entry, the headers."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache, lru_cache, partial
from typing import Any

from jinja2 import Template
from mjml import mjml2html

from workshops import calendar
from workshops.i18n import templates, translate
from workshops.letters import Day, Letter, Notice, Slot, Text
from workshops.mail import Kind
from workshops.parts import Part, encoded, multipart, text, written
from workshops.settings import bundled, settings
from workshops.shown import NO_CALENDAR, everywhere, shown_of
from workshops.transport import mail_domain

# 7bit: `sendmail` says nothing of 8BITMIME, so nothing else may leave (RFC 6152).
POLICY = SMTP.clone(cte_type="7bit")
FILE = "osons-nos-talents.ics"
ATTACHED = 'Content-Disposition: attachment; filename="{}"'
# The parts are put in before MJML reads them: what it includes itself does not know the width of the page.
_INCLUDE = re.compile(r'<mj-include path="\./(\w+\.(?:mjml|txt))" />')


def render(letter: Letter | Notice | Text, now: datetime) -> bytes:
    """The whole message, ASCII with CRLF; secrets are made again here and stand nowhere else. Raises KeyGone.

    Takes about 8 ms of CPU a person: call it off the event loop.
    """
    if isinstance(letter, Text):
        return letter.body.encode()
    shown = everywhere() | (letter.shown if isinstance(letter, Notice) else shown_of(letter))
    if isinstance(letter, Letter) and letter.kind is Kind.SLOT:
        body = _invitation(letter, shown)
    else:
        body = _body(letter, shown)
        if entries := list(_entries(letter)):
            kind = f'text/calendar; charset=utf-8; method=PUBLISH; name="{FILE}"'
            body = _with(body, letter, encoded(calendar.published(entries), kind, ATTACHED.format(FILE)))
    return written(body, *_unsubscribe(letter), *_headers(letter, shown, now))


def _unsubscribe(letter: Letter | Notice) -> Iterator[bytes]:
    """RFC 8058. Never folded: programs that ask with one click look for the address on one line."""
    if letter.unsubscribe:
        yield f"List-Unsubscribe: <{letter.unsubscribe}>\r\n".encode("ascii")
        yield b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def as_text(letter: Notice) -> str:
    """The words of a message alone, as every mail program can show them."""
    return templates("email", letter.locale).get_template(f"{letter.kind}.txt").render(everywhere() | letter.shown)


def _headers(letter: Letter | Notice, shown: dict[str, Any], now: datetime) -> Iterator[bytes]:
    subject = templates("email", letter.locale).get_template(f"{letter.kind}.subject.txt").render(shown)
    name, sender = parseaddr(settings().mail_from)
    yield _sender(name, sender)
    yield _header("To", Address(addr_spec=letter.address))
    yield _subject(re.sub(r"[ \t\r\n]+", " ", subject).strip())
    lines = {
        "MIME-Version": "1.0",
        "Date": format_datetime(now),
        "Message-ID": f"<{letter.row}@{mail_domain()}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": letter.locale,
    }
    if isinstance(letter, Letter) and letter.answers:
        lines |= dict.fromkeys(("In-Reply-To", "References"), f"<{letter.answers}@{mail_domain()}>")
    yield "".join(f"{header}: {value}\r\n" for header, value in lines.items()).encode("ascii")


@cache
def _sender(name: str, address: str) -> bytes:
    return _header("From", Address(display_name=name, addr_spec=address))


@lru_cache(maxsize=256)
def _subject(words: str) -> bytes:
    return _header("Subject", words)


def _header(name: str, value: object) -> bytes:
    """A header with words or an address in it, encoded and folded (RFC 2047, 5322)."""
    return bytes(POLICY.header_factory(name, value).fold(policy=POLICY).encode("ascii"))


def _invitation(letter: Letter, shown: dict[str, Any]) -> Part:
    """The calendar's part beside the words, and again attached, for programs that look at one of both (CalConnect)."""
    [day] = letter.days
    entry = replace(
        _entry(letter.locale, day, letter.more["place"], shown["days"][0]["people"][0].get("ticket_url")),
        cancelled=letter.more["gone"],
        organizer=letter.more["organizer"],
        attendee=letter.address,
    )
    content = calendar.invitation(entry, parseaddr(settings().mail_from)[0] or mail_domain())
    beside = encoded(content, f"text/calendar; charset=utf-8; method={letter.more['method']}")
    attached = encoded(content, 'application/ics; name="invite.ics"', ATTACHED.format("invite.ics"))
    return _with(_body(letter, shown, beside), letter, attached)


def _body(letter: Letter | Notice, shown: dict[str, Any], *beside: Part) -> Part:
    """Words and pictures as Exchange itself nests them: related(alternative(plain, html, calendar), images)."""
    plain = templates("email", letter.locale).get_template(f"{letter.kind}.txt").render(shown)
    html = _template(letter.kind, letter.locale).render(shown)
    body = multipart("alternative", [text(plain, "plain"), text(html, "html"), *beside], f"=_a.{letter.row}")
    pictures = [_picture(person) for day in shown.get("days", ()) for person in day["people"] if person["picture"]]
    if not pictures:
        return body
    return multipart("related", [body, *pictures], f"=_r.{letter.row}", '; type="multipart/alternative"')


def _with(body: Part, letter: Letter | Notice, attached: Part) -> Part:
    return multipart("mixed", [body, attached], f"=_m.{letter.row}")


def _picture(person: dict[str, Any]) -> Part:
    name = f'filename="{person["code"]}.png"'
    return encoded(
        person["png"],
        "image/png",
        f"Content-ID: <{person['picture']}>",
        f"Content-Disposition: inline; {name}",
    )


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
    if isinstance(letter, Notice) or letter.kind in NO_CALENDAR or settings().inbox:
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
