"""Letters as the bytes that leave: structure, words, pictures, calendar, and what must not be in them."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast
from zoneinfo import ZoneInfo

import icalendar
import pytest
from babel.messages.extract import extract, extract_python
from jinja2.ext import babel_extract

from tests import postbox
from tests.postbox import parsed
from tests.test_tickets import _read_png
from workshops import mime, tickets
from workshops.i18n import translation
from workshops.letters import MOST_PEOPLE, Day, Letter, Person, Slot
from workshops.mail import Kind
from workshops.settings import ROOT, bundled
from workshops.tickets import Purpose, make_secret

__all__ = ["production"]
production = postbox.production
pytestmark = pytest.mark.usefixtures("production")
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TAGS = {"mjml", "mj-head", "mj-title", "mj-preview", "mj-attributes", "mj-all", "mj-section", "mj-text", "mj-button"}
TAGS |= {"mj-divider", "mj-raw", "mj-style", "mj-body", "mj-column", "mj-spacer", "mj-include"}


def slot(local: datetime, title: str = "Soudeur, soudeuse", **changes: Any) -> Slot:
    start = local.replace(tzinfo=PARIS).astimezone(UTC)
    made = Slot(
        id=f"r{local:%d%H%M}",
        starts_at=start,
        ends_at=start + timedelta(minutes=45),
        title=title,
        company="Aciers d'Artois",
        stand="7",
        status="confirmed",
        offered_until=None,
        sequence=2,
        updated_at=NOW,
    )
    return replace(made, **changes)


def person(*slots: Slot, **changes: Any) -> Person:
    key = make_secret(Purpose.TICKET, "any").key
    made = Person("a1", "Zoé", "Lefèvre", "K7QM-4RTT", (1, key), (1, key), None, slots)
    return replace(made, **changes)


def letter(*people: Person, **changes: Any) -> Letter:
    day = Day(
        id="e1",
        title="Osons nos talents à Marles-les-Mines",
        date=changes.pop("date", date(2027, 1, 12)),
        zone="Europe/Paris",
        ends_at=NOW + timedelta(days=60),
        venue="Salle Gentils",
        address="14 rue de la Paix",
        commune="Marles-les-Mines",
        bus_stop="Mairie",
        geo=(50.503, 2.507),
        people=people,
    )
    made = Letter("m1", Kind.YOUR_PLACES, "zoe@example.org", "fr", (day,), (), False)
    return replace(made, **changes)


MORNING = datetime(2027, 1, 12, 9)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return cast(str, part.get_content())


def shape(part: Any) -> Any:
    inside = [shape(one) for one in part.get_payload()] if part.is_multipart() else None
    return (part.get_content_type(), inside) if inside else part.get_content_type()


def test_the_parts_are_nested_as_mail_programs_need_them() -> None:
    raw = mime.render(letter(person(slot(MORNING))), NOW)
    message = parsed(raw)
    assert shape(message) == (
        "multipart/mixed",
        [
            ("multipart/related", [("multipart/alternative", ["text/plain", "text/html"]), "image/png"]),
            "text/calendar",
        ],
    )
    related, calendar = message.iter_parts()
    assert related["content-type"].params["type"] == "multipart/alternative"
    assert calendar["content-type"].params["method"] == "PUBLISH"
    assert calendar["content-type"].params["charset"] == "utf-8"
    assert calendar.get_content_disposition() == "attachment"
    assert calendar.get_filename() == "osons-nos-talents.ics"


def test_the_bytes_pass_every_server() -> None:
    raw = mime.render(letter(person(slot(MORNING, title="Métier très long " * 40))), NOW)
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"Content-Transfer-Encoding: 8bit" not in raw
    assert raw.count(b"MIME-Version") == 1


def test_the_headers_say_who_when_and_that_no_answer_is_due() -> None:
    message = parsed(mime.render(letter(person(slot(MORNING))), NOW))
    assert message["from"] == "Inscriptions Pôle <inscription@pole.example>"
    assert message["to"] == "zoe@example.org"
    assert message["subject"] == "Vos places : mardi 12 janvier 2027, Marles-les-Mines".replace(" :", "\xa0:")
    assert message["date"].datetime == NOW
    assert message["message-id"] == "<m1@pole.example>"
    assert message["auto-submitted"] == "auto-generated"
    assert message["x-auto-response-suppress"] == "OOF, AutoReply"
    assert message["content-language"] == "fr"
    assert "list-unsubscribe" not in message
    assert "precedence" not in message


@pytest.mark.parametrize(
    "local", [MORNING, datetime(2027, 3, 28, 9), datetime(2027, 7, 6, 14), datetime(2027, 10, 31, 9)]
)
def test_the_calendar_opens_at_the_right_hour_in_winter_and_summer(local: datetime) -> None:
    message = parsed(mime.render(letter(person(slot(local)), date=local.date()), NOW))
    [_, part] = message.iter_parts()
    content = part.get_content()
    raw = content if isinstance(content, bytes) else content.encode()
    [event] = cast(list[Any], icalendar.Calendar.from_ical(raw).walk("VEVENT"))
    assert event.start == local.replace(tzinfo=PARIS)
    assert event.end - event.start == timedelta(minutes=45)
    assert event["uid"] == f"place-r{local:%d%H%M}@ateliers.example.org"
    assert event["sequence"] == 2
    assert event["location"] == "Salle Gentils, 14 rue de la Paix, Marles-les-Mines"
    assert event["url"] == "https://ateliers.example.org/events/e1"


def test_the_calendar_has_confirmed_places_only_and_nothing_secret() -> None:
    waiting = slot(datetime(2027, 1, 12, 14), status="waiting")
    raw = mime.render(letter(person(slot(MORNING), slot(datetime(2027, 1, 12, 11)), waiting)), NOW)
    content = list(parsed(raw).iter_parts())[1].get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.count(b"BEGIN:VEVENT") == 2
    manage, ticket = make_secret(Purpose.MANAGE, "a1").text, make_secret(Purpose.TICKET, "a1").text
    for secret in (manage, ticket, "K7QM-4RTT", "Zoé", "Lefèvre", "zoe@example.org", "/m/", "/T/"):
        assert secret.encode() not in content.replace(b"\r\n ", b"")


def test_whoever_only_waits_gets_a_ticket_and_no_calendar() -> None:
    message = parsed(mime.render(letter(person(slot(MORNING, status="waiting"))), NOW))
    assert shape(message)[0] == "multipart/related"
    assert message["subject"].startswith("Liste d’attente")
    text = body(message, "plain")
    assert "Vous êtes sur liste d’attente" in text
    assert "Si une place se libère, nous vous écrivons." in text
    assert "K7QM-4RTT" in text


def test_the_picture_is_the_ticket_s_qr_and_the_manage_link_is_not_in_it() -> None:
    message = parsed(mime.render(letter(person(slot(MORNING))), NOW))
    [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    text = tickets.qr_text(make_secret(Purpose.TICKET, "a1").text)
    rows = _read_png(cast(bytes, picture.get_content()))
    assert [row[:: tickets.PIXELS] for row in rows[:: tickets.PIXELS]] == tickets._matrix(text)
    html = body(message, "html")
    assert f'src="cid:{picture["content-id"].strip("<>")}"' in html
    assert picture.get_content_disposition() == "inline"
    assert "data:" not in html
    assert 'alt="QR code du billet K7QM-4RTT. Si l’image ne s’affiche pas, donnez ce code à l’accueil."' in html


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_both_bodies_say_everything(locale: str) -> None:
    waiting = slot(datetime(2027, 1, 12, 14), "Aide à domicile", status="waiting", company=None, stand=None)
    offered = slot(datetime(2027, 1, 12, 16), status="offered", offered_until=datetime(2027, 1, 11, 17, tzinfo=UTC))
    zoe = person(slot(MORNING), waiting, offered, sent_by="Mission locale de l’Artois")
    message = parsed(mime.render(letter(zoe, locale=locale), NOW))
    html = re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", body(message, "html"), flags=re.DOTALL))
    text = re.sub(r"\s+", " ", body(message, "plain"))
    words = {
        "fr": [
            "Bonjour Zoé,",
            "mardi 12 janvier 2027",
            "Arrêt de bus : Mairie",
            "9 h – 9 h 45",
            "stand 7",
            "Place réservée",
            "Liste d’attente",
            "dites oui avant 18 h",
            "Mission locale de l’Artois a pris ces places pour vous",
            "Voir, changer ou annuler mes places",
            "Ce n’est pas vous ?",
            "Annulez ces places",
            "Venez 10 minutes avant",
            "Si une place se libère",
            "agenda",
            "Une question ? Appelez le",
            "Responsable de vos données : Pôle métropolitain de l’Artois",
            "6 mois",
        ],
        "en": [
            "Hello Zoé,",
            "Tuesday 12 January 2027",
            "9:00 – 9:45",
            "Booked",
            "Not you?",
            "A question? Call",
            "6 months",
        ],
    }
    for word in [*words[locale], "Salle Gentils", "Aciers d", "Soudeur, soudeuse", "K7QM-4RTT", "03 53 01 00 00"]:
        assert word in html.replace("\xa0", " "), word
        assert word in text.replace("\xa0", " "), word
    manage = f"https://ateliers.example.org/m/{make_secret(Purpose.MANAGE, 'a1').text}"
    assert body(message, "html").count(f'href="{manage}"') == 2
    assert manage in text
    assert 'href="https://ateliers.example.org/privacy"' in body(message, "html")
    assert f'<html lang="{locale}"' in body(message, "html")
    assert body(message, "html").count("<h1") == 1


def test_several_people_are_told_apart() -> None:
    ana = person(slot(MORNING), id="a2", first_name="Ana", code="10K4-7ZM3")
    message = parsed(mime.render(letter(person(slot(MORNING)), ana), NOW))
    html = body(message, "html")
    assert "Bonjour,<" in html
    assert html.count("Billet\xa0: Zoé Lefèvre") == html.count("Billet\xa0: Ana Lefèvre") == 1
    assert len(set(re.findall(r"cid:[^\"]+", html))) == 2
    assert len([part for part in message.walk() if part.get_content_type() == "image/png"]) == 2


def test_the_largest_letter_stays_below_what_mailboxes_cut_off() -> None:
    slots = [
        slot(datetime(2027, 1, 12, hour), "Conductrice, conducteur de ligne de production") for hour in (9, 11, 14, 16)
    ]
    people = [person(*slots, id=f"a{number}", last_name="de la Rochefoucauld") for number in range(MOST_PEOPLE)]
    raw = mime.render(letter(*people), NOW)
    assert len(body(parsed(raw), "html").encode()) < 60_000
    assert len(raw) < 300_000


def test_what_people_wrote_is_text_everywhere() -> None:
    hostile = "<b>x</b>&{{ 7*7 }}{% if %}\"'"
    zoe = person(slot(MORNING, title=hostile, company=hostile, stand=hostile), first_name=hostile, sent_by=hostile)
    message = parsed(mime.render(letter(zoe), NOW))
    html = body(message, "html")
    assert "<b>x" not in html
    assert "&lt;b&gt;x&lt;/b&gt;&amp;{{ 7*7 }}" in html
    assert hostile in body(message, "plain")


def test_the_link_is_a_short_letter_without_ticket() -> None:
    message = parsed(mime.render(letter(person(), kind=Kind.YOUR_LINK), NOW))
    assert shape(message) == ("multipart/alternative", ["text/plain", "text/html"])
    assert message["subject"].startswith("Votre lien")
    for kind in ("plain", "html"):
        assert f"/m/{make_secret(Purpose.MANAGE, 'a1').text}" in body(message, kind)
        assert "/T/" not in body(message, kind)
        assert "K7QM-4RTT" not in body(message, kind)


@pytest.mark.parametrize("kind", [Kind.YOUR_PLACES, Kind.YOUR_LINK])
def test_html_is_whole_and_calls_nobody(kind: Kind) -> None:
    html = body(
        parsed(mime.render(letter(person(slot(MORNING)), person(slot(MORNING), id="a2"), kind=kind), NOW)), "html"
    )
    assert not re.search(r"<(script|link|iframe|form)|@import|url\(", html)
    hosts = set(re.findall(r"https?://([^/\"<]+)", html)) - {"www.w3.org"}
    assert hosts == {"ateliers.example.org"}
    for tag in ("table", "tr", "td", "div", "p", "h2", "span", "tbody"):
        shown = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
        assert len(re.findall(rf"<{tag}\b", shown)) == shown.count(f"</{tag}>"), tag
    assert html.count("<!--[if") == html.count("<![endif]")
    tables = re.findall(r"<table[^>]*>", html)
    assert all('role="presentation"' in table for table in tables)


def test_templates_use_tags_that_mjml_knows() -> None:
    """An unknown one is accepted in silence and swallows what is in it."""
    for file in (bundled("templates") / "email").glob("*.mjml"):
        used = set(re.findall(r"<(mj[a-z-]*)", file.read_text(encoding="utf-8")))
        assert used <= TAGS, file.name


def test_every_word_of_the_messages_is_in_french() -> None:
    known = translation("fr")
    missing = [message for message in _messages() if known.gettext(message) == message and message != "stand %(stand)s"]
    assert missing == []


def _messages() -> Iterator[str]:
    for file in sorted((bundled("templates") / "email").iterdir()):
        found = babel_extract(
            io.BytesIO(file.read_bytes()), ("_", "gettext", "ngettext"), [], {"newstyle_gettext": "1"}
        )
        yield from (text for _, _, message, _ in found for text in _texts(message))
    source = (ROOT / "workshops" / "mime.py").read_bytes()
    words = {"say": None, "gettext": None, "ngettext": (1, 2)}
    for _, message, _, _ in extract(extract_python, io.BytesIO(source), keywords=words):  # type: ignore[arg-type]
        yield from _texts(message)


def _texts(message: str | tuple[str | None, ...] | None) -> list[str]:
    return [str(message[0] if isinstance(message, tuple) else message)]
