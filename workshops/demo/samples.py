"""One letter of each kind with everything in it, invented: what `/dev/messages` shows and the tests measure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from workshops.demo import sample_notices as notices
from workshops.i18n import PARIS, translate
from workshops.letters import Day, Letter, Notice, Person, Slot
from workshops.mail import Kind
from workshops.settings import settings
from workshops.tickets import Purpose, make_secret

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
"""When the samples are written."""
HOUR = timedelta(hours=1)
WELDER, GARDENER = "Soudeur, soudeuse", "Jardinier, jardinière paysagiste"

Make = Callable[[str], Letter | Notice]


@dataclass(frozen=True, slots=True)
class Sample:
    """A letter that `make` writes in the language it is given. `readers`: who gets it, a heading of the preview."""

    kind: Kind
    readers: str
    make: Make


def at(hour: int, minute: int = 0) -> datetime:
    """An hour in Paris on the day of the samples."""
    return datetime(2027, 1, 12, hour, minute, tzinfo=ZoneInfo(PARIS)).astimezone(UTC)


def slot(hour: int, title: str = WELDER, status: str = "confirmed", **given: Any) -> Slot:
    """A place of three quarters of an hour."""
    return Slot(
        id=f"sample-place-{hour}",
        starts_at=at(hour),
        ends_at=at(hour, 45),
        title=title,
        company="Aciers d’Artois" if title == WELDER else "Jardins de la Gohelle",
        stand="7" if title == WELDER else None,
        status=status,
        offered_until=at(14) - timedelta(days=1) if status == "offered" else None,
        sequence=1,
        updated_at=NOW,
        workshop=f"sample-job-{title[:3].lower()}",
        **given,
    )


def person(*slots: Slot, first: str = "Zoé", code: str = "K7QM-4RTT", identity: str = "sample-zoe") -> Person:
    """Somebody with a ticket and these places."""
    key = make_secret(Purpose.TICKET, "sample").key
    return Person(identity, first, "Lefèvre", code, (1, key), (1, key), None, slots)


def letter(kind: Kind, locale: str, *people: Person, heading: str | None = None, **given: Any) -> Letter:
    """A letter about the day of the samples; `heading` in English, the rest as the fields of Letter."""
    day = Day(
        id="sample-day",
        title="Osons nos talents à Marles-les-Mines",
        date=date(2027, 1, 12),
        zone=PARIS,
        ends_at=at(17),
        venue="Salle Georges-Gentils",
        address="14 rue de la Paix",
        commune="Marles-les-Mines",
        bus_stop="Mairie",
        geo=(50.503, 2.507),
        people=people or (person(slot(10), slot(14, GARDENER)),),
    )
    made = Letter("sample-message", kind, "zoe.lefevre@example.org", locale, (day,), (), suppressed=False, **given)
    said = {"heading": translate(locale, heading)} if heading else {}
    return replace(made, more={**said, **made.more})


def _changed(locale: str, heading: str, *news: dict[str, Any], left: tuple[Slot, ...], **more: Any) -> Letter:
    """What the organiser changed for one person."""
    told = {"free": {}, "halls": {}, "off": set(), "whys": [], **more}
    told["news"] = {"sample-zoe": [_was(one) for one in news]}
    return letter(Kind.YOUR_CHANGES, locale, person(*left), heading=heading, more=told)


def _was(one: dict[str, Any]) -> dict[str, Any]:
    before = {"was_starts_at": at(9), "was_ends_at": at(9, 45), "starts_at": at(10), "ends_at": at(10, 45)}
    return {"title": WELDER, "workshop": "sample-job-sou", "other": None, **before, **one}


def _moved(locale: str) -> Letter:
    told = "Your workshop changes its hours"
    left = (slot(10), slot(14, GARDENER))
    return _changed(locale, told, {"kind": "moved"}, left=left, whys=["La machine arrive plus tard."])


def _slot_off(locale: str) -> Letter:
    free = {"title": WELDER, "starts_at": at(11), "ends_at": at(11, 45)}
    free["path"] = "/events/sample-day/workshops/sample-job-sou"
    told = "Your workshop is cancelled"
    left = (slot(14, GARDENER),)
    gone = (("sample-day", slot(9)),)
    return replace(_changed(locale, told, {"kind": "cancelled"}, left=left, free={"sample-zoe": [free]}), gone=gone)


def _day_off(locale: str) -> Letter:
    gone = (("sample-day", slot(10)),)
    return replace(_changed(locale, "This day is cancelled", left=(), off={"sample-day"}), gone=gone)


def _hall(locale: str) -> Letter:
    halls = {"sample-day": "Salle Dulcie-September"}
    return _changed(locale, "The place changes", left=(slot(10), slot(14, GARDENER)), halls=halls)


def _waited(kind: Kind, heading: str, status: str, *, exchange: bool = False) -> Make:
    """What becomes of somebody who waited."""

    def make(locale: str) -> Letter:
        place = slot(10, status=status)
        instead = [{"title": GARDENER, "starts_at": at(10, 30), "ends_at": at(11, 15)}] if exchange else []
        more = {"place": place, "until": at(14) - timedelta(days=1), "instead": instead}
        has = () if status == "cancelled" else (place,)
        return letter(kind, locale, person(*has, slot(14, GARDENER)), heading=heading, more=more)

    return make


def _cancelled(left: tuple[Slot, ...]) -> Make:
    def make(locale: str) -> Letter:
        more = {"by_themselves": True, "given_back": [slot(10)]}
        heading, gone = "Your place is given back", (("sample-day", slot(10)),)
        return letter(Kind.YOU_CANCELLED, locale, person(*left), heading=heading, more=more, gone=gone)

    return make


def _invited(gone: bool, locale: str) -> Letter:
    more = {"place": slot(10), "gone": gone, "method": "CANCEL" if gone else "REQUEST"}
    more["organizer"] = f"rsvp+{'a' * 26}@example.org"
    heading = "Taken out of your calendar" if gone else "For your calendar"
    return letter(Kind.SLOT, locale, person(*(() if gone else (slot(10),))), heading=heading, more=more)


def _family(locale: str) -> Letter:
    other = person(slot(11), first="Noé", code="M4XT-9KPA", identity="sample-noe")
    return letter(Kind.YOUR_TICKETS, locale, person(slot(10), slot(14, GARDENER)), other)


def _waiting(locale: str) -> Letter:
    return letter(Kind.YOUR_PLACES, locale, person(slot(10, status="waiting")))


def _prove(locale: str) -> Letter:
    return letter(Kind.PROVE, locale, person(slot(10, status="offered", offer="proof")))


def _reminder(kind: Kind, heading: str) -> Make:
    """Two days before, or on the morning; with its way out."""

    def make(locale: str) -> Letter:
        stop = f"{settings().public_url}/u/{'q' * 26}"
        return letter(kind, locale, heading=heading, more={"stop": stop, "first": at(10)}, unsubscribe=stop)

    return make


def _declined(locale: str) -> Letter:
    heading = "Your calendar says that you are not coming"
    return letter(Kind.DECLINED, locale, person(slot(10)), heading=heading, more={"place": slot(10)})


_IS_YOURS = "A place has come free: it is yours"
RESIDENTS: dict[str, tuple[Kind, Make]] = {
    "your_places": (Kind.YOUR_PLACES, partial(letter, Kind.YOUR_PLACES)),
    "your_places_waiting": (Kind.YOUR_PLACES, _waiting),
    "slot": (Kind.SLOT, partial(_invited, False)),
    "slot_gone": (Kind.SLOT, partial(_invited, True)),
    "your_changes_hours": (Kind.YOUR_CHANGES, _moved),
    "your_changes_slot_cancelled": (Kind.YOUR_CHANGES, _slot_off),
    "your_changes_day_cancelled": (Kind.YOUR_CHANGES, _day_off),
    "your_changes_hall": (Kind.YOUR_CHANGES, _hall),
    "you_cancelled": (Kind.YOU_CANCELLED, _cancelled(())),
    "you_cancelled_one": (Kind.YOU_CANCELLED, _cancelled((slot(14, GARDENER),))),
    "place_given": (Kind.PLACE_GIVEN, _waited(Kind.PLACE_GIVEN, _IS_YOURS, "confirmed")),
    "place_offered": (Kind.PLACE_OFFERED, _waited(Kind.PLACE_OFFERED, "A place is free for you", "offered")),
    "place_offered_exchange": (
        Kind.PLACE_OFFERED,
        _waited(Kind.PLACE_OFFERED, "A place is free for you", "offered", exchange=True),
    ),
    "offer_ended": (
        Kind.OFFER_ENDED,
        _waited(Kind.OFFER_ENDED, "The place has gone to somebody else", "cancelled"),
    ),
    "come": (Kind.COME, _waited(Kind.COME, "Come: places not taken are given at the stand", "waiting")),
    "reminder": (Kind.REMINDER, _reminder(Kind.REMINDER, "Are you coming?")),
    "morning": (Kind.MORNING, _reminder(Kind.MORNING, "It is today")),
    "declined": (Kind.DECLINED, _declined),
    "your_link": (Kind.YOUR_LINK, partial(letter, Kind.YOUR_LINK)),
    "your_tickets": (Kind.YOUR_TICKETS, _family),
    "prove": (Kind.PROVE, _prove),
}
"""What is said about places. A kind may have several samples."""

SAMPLES: dict[str, Sample] = {
    **{name: Sample(kind, "Residents", make) for name, (kind, make) in RESIDENTS.items()},
    **{
        name: Sample(kind, readers, make)
        for readers, made in notices.BY_READERS.items()
        for name, (kind, make) in made.items()
    },
}
"""Every sample by its name in the address, in the order in which they are shown."""
