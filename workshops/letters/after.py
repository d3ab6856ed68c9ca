"""The day after: thanks and the companies met, or other dates; and to an adviser who came of the people they sent."""

from collections import Counter
from typing import Any

from workshops import attendance, database, sent_people
from workshops.attendance import Came, Word
from workshops.communes import commune
from workshops.database import fetch, fetch_one
from workshops.i18n import _, translate, translation
from workshops.letters.alternatives import free_slots
from workshops.letters.notices import Notice
from workshops.mail import Kind
from workshops.settings import settings

MOST_DATES = 5
"""How many coming dates a message names."""
Row = dict[str, Any]


async def load_thanks(message: Row) -> Notice | None:
    """Thanks, the jobs tried, and where it goes on; None if it turns out that they were not there."""
    row, came = await _told(message)
    if row is None or came.word is not Word.ATTENDED:
        return None
    met = {
        one["workshop"]: {"title": one["title"], "company": one["company"], "link": _page(row["event"], one)}
        for one in came.met
    }
    heading = translate(row["locale"], _("Thank you for coming"))
    return _notice(message, row, heading, met=list(met.values()), dates=await _dates(row, came.met))


async def load_missed(message: Row) -> Notice | None:
    """Other dates, and no blame; None if it turns out that they came."""
    row, came = await _told(message)
    if row is None or came.word is not Word.NO_SHOW:
        return None
    heading = translate(row["locale"], _("We missed you"))
    return _notice(message, row, heading, dates=await _dates(row, came.missed))


async def load_absences(message: Row) -> Notice | None:
    """Of the people whom this adviser is told of: how many came, and who did not; None if nobody was absent."""
    account = await fetch_one(
        "SELECT a.id, a.email, a.name, a.locale, a.organisation, e.title, e.date, x.id AS suppressed FROM account a "
        "JOIN event e ON e.id = {} LEFT JOIN suppression x ON x.address_key = {} AND x.lifted_at IS NULL "
        "WHERE a.id = {} AND a.closed_at IS NULL",
        *(message["event"], message["address_key"], message["account"]),
    )
    if account is None:
        return None
    sent = [row for row in await fetch(sent_people.SENT, message["event"]) if row["agency"] == account["organisation"]]
    own = [
        row for row, readers in await sent_people.readers(sent) if account["id"] in {reader["id"] for reader in readers}
    ]
    known = await attendance.of_day(message["event"])
    groups = {
        word: [_person(row) for row in own if known.get(row["attendee"], Came(Word.UNKNOWN)).word is word]
        for word in Word
    }
    if not groups[Word.NO_SHOW] and not groups[Word.EXCUSED]:
        return None
    count = Counter({word: len(people) for word, people in groups.items()})
    heading = translation(account["locale"]).ngettext(
        "Of the people whom you sent, %(num)s came", "Of the people whom you sent, %(num)s came", count[Word.ATTENDED]
    )
    return Notice(
        row=message["id"],
        kind=Kind.ADVISER_ABSENCES,
        address=account["email"],
        locale=account["locale"],
        shown={
            "heading": heading % {"num": count[Word.ATTENDED]},
            "name": account["name"],
            "title": account["title"],
            "date": account["date"],
            "absent": groups[Word.NO_SHOW],
            "excused": groups[Word.EXCUSED],
            "unknown": count[Word.UNKNOWN],
            "list": f"{settings().public_url}/office/people",
        },
        ends_at=message["expires_at"],
        suppressed=account["suppressed"] is not None,
    )


async def _told(message: Row) -> tuple[Row | None, Came]:
    """Who is written to, about which day, and what is known of them."""
    row = await fetch_one(_PERSON, message["id"])
    if row is None:
        return None, Came(Word.UNKNOWN)
    known = await attendance.of_day(row["event"], row["attendee"])
    return row, known.get(row["attendee"], Came(Word.UNKNOWN))


async def _dates(row: Row, tried: tuple[Row, ...]) -> list[Row]:
    """Coming slots with a free place, one a day: of the same jobs first, then in the same commune, then the next."""
    days = await fetch(_COMING, row["event"], database.utcnow())
    known = {day["id"]: day for day in days}
    jobs = {one["title"] for one in tried}

    def rank(slot: Row) -> tuple[bool, bool, Any]:
        near = known[slot["event"]]["commune"] in (row["home"], row["commune"])
        return slot["title"] not in jobs, not near, slot["starts_at"]

    best: dict[str, Row] = {}
    for slot in sorted(await free_slots(list(known), database.utcnow()), key=rank):
        best.setdefault(slot["event"], slot)
    return [_date(slot, known[slot["event"]], slot["title"] in jobs) for slot in list(best.values())[:MOST_DATES]]


def _date(slot: Row, day: Row, is_same: bool) -> Row:
    town = commune(day["commune"])
    return {
        "date": day["date"],
        "town": town.name if town else "",
        "job": slot["title"] if is_same else None,
        "link": _page(day["id"], slot) if is_same else f"{settings().public_url}/events/{day['id']}",
    }


def _page(event: str, place: Row) -> str:
    return f"{settings().public_url}/events/{event}/workshops/{place['workshop']}"


def _person(row: Row) -> Row:
    return {
        "name": f"{row['first_name']} {row['last_name']}",
        "reference": row["reference"],
        "sheet": f"{settings().public_url}/office/attendees/{row['attendee']}",
    }


def _notice(message: Row, row: Row, heading: str, **shown: Any) -> Notice:
    town = commune(row["commune"] or "")
    return Notice(
        row=message["id"],
        kind=Kind(message["kind"]),
        address=row["email"],
        locale=row["locale"],
        shown={
            **shown,
            "heading": heading,
            "name": row["first_name"],
            "title": row["title"],
            "date": row["date"],
            "town": town.name if town else "",
        },
        ends_at=message["expires_at"],
        suppressed=row["suppressed"] is not None,
    )


_PERSON = (
    "SELECT a.id AS attendee, a.first_name, a.email, a.locale, a.commune AS home, e.id AS event, e.title, e.date, "
    "v.commune, x.id AS suppressed FROM message m JOIN attendee a ON a.id = m.attendee AND a.email IS NOT NULL "
    "AND a.anonymised_at IS NULL JOIN event e ON e.id = a.event AND e.status <> 'cancelled' "
    "LEFT JOIN venue v ON v.id = e.venue "
    "LEFT JOIN suppression x ON x.address_key = m.address_key AND x.lifted_at IS NULL WHERE m.id = {}"
)
_COMING = (
    "SELECT e.id, e.date, v.commune FROM event e JOIN venue v ON v.id = e.venue WHERE e.id <> {} "
    "AND e.status = 'published' AND e.listed AND e.starts_at > {} ORDER BY e.starts_at, e.id LIMIT 30"
)
