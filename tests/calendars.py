"""Calendar objects of every kind that leaves us, for parsers that share nothing with what wrote them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from workshops import calendar
from workshops.calendar import Entry

PARIS = ZoneInfo("Europe/Paris")
STAMP = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TITLE = 'Soudeuse, soudeur; « chez "Aciers d\'Artois" » \\ 🔥'
HOURS = [
    datetime(2027, 1, 12, 9),
    datetime(2027, 3, 28, 9),
    datetime(2027, 3, 27, 14),
    datetime(2027, 7, 6, 14),
    datetime(2027, 10, 31, 9),
    datetime(2044, 7, 5, 9),
]
SENDER = 'Pôle; métropolitain: "de l\'Artois", inscriptions ^'


def entry(local: datetime) -> Entry:
    """Three quarters of an hour in Paris, with all that is awkward in a text."""
    start = local.replace(tzinfo=PARIS).astimezone(UTC)
    return Entry(
        uid=f"place-{local:%Y%m%d}@ateliers.example.org",
        sequence=3,
        stamp=STAMP,
        start=start,
        end=start + timedelta(minutes=45),
        title=TITLE,
        location="Salle Gentils, 14 rue de la Paix, Marles-les-Mines",
        description="Arrivez dix minutes avant.\nBus : ligne 5, arrêt Mairie.\n" + "très long " * 40,
        url="https://ateliers.example.org/events/7hq2",
        geo=(50.503, 2.507),
        organizer="rsvp+abcdefghijklmnopqrstuvwxyz@pole.example",
        attendee="zoe.lefevre+long@example.org",
    )


def objects() -> dict[str, bytes]:
    """Name → bytes: an invitation, an update and a cancellation for each of HOURS, published entries, a feed."""
    made = {}
    for local in HOURS:
        one = entry(local)
        made[f"request {local:%Y-%m-%d}"] = calendar.invitation(one, SENDER)
        made[f"update {local:%Y-%m-%d}"] = calendar.invitation(replace(one, sequence=4), SENDER)
        made[f"cancel {local:%Y-%m-%d}"] = calendar.invitation(replace(one, sequence=5, cancelled=True), SENDER)
    entries = [entry(local) for local in HOURS]
    made["published"] = calendar.published([*entries[1:], replace(entries[0], cancelled=True)])
    entries = [replace(one, organizer="") for one in entries]
    made["feed"] = calendar.feed([*entries[1:], replace(entries[0], cancelled=True)], "Osons nos talents – Béthune")
    return made
