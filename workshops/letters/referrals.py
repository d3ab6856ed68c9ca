"""Letters about people whom an agency sends: the invitation to them, and to the adviser what becomes of them."""

from collections.abc import Iterable
from typing import Any

from workshops import database, sent_people
from workshops.communes import commune
from workshops.database import fetch, fetch_one
from workshops.i18n import _, hour, span, translate, translation
from workshops.letters.notices import Notice
from workshops.mail import Kind
from workshops.sent_people import Happened
from workshops.settings import settings
from workshops.tickets import invitation_url

Row = dict[str, Any]
_LOST = {
    "offer_ended": _("offer not answered in time: given to somebody else"),
    "unreachable": _("person not reached: given to somebody else"),
}


async def load_invitation(message: Row) -> Notice | None:
    """The invitation to choose slots; None once it is used, withdrawn or too late."""
    row = await fetch_one(_INVITATION, message["id"])
    if row is None:
        return None
    town = commune(row["commune"] or "")
    return Notice(
        row=message["id"],
        kind=Kind.INVITATION,
        address=row["email"],
        locale="fr",
        shown={
            "heading": translate("fr", _("Come and try jobs: choose your hours")),
            "name": row["first_name"],
            "agency": None if row["sensitive"] else row["agency"],
            "day": {name: row[name] for name in ("title", "date", "zone", "starts_at", "ends_at", "venue", "address")}
            | {"town": town.name if town else None},
            "link": invitation_url(row["id"], row["revision"], row["key_id"]),
        },
        ends_at=row["ends_at"],
        suppressed=row["suppressed"] is not None,
    )


async def load_news(message: Row) -> Notice | None:
    """What cannot wait, of everybody about whom a message to this adviser waits to leave; None if nobody is left."""
    account = await _account(message)
    if account is None:
        return None
    rows = await fetch(_NEWS, message["account"], *[message["id"]] * 2, database.utcnow() + sent_people.PAUSE)
    since: dict[str, Any] = {}
    for row in rows:
        since[row["referral"]] = min(row["created_at"], since.get(row["referral"], row["created_at"]))
    found = await sent_people.of_referrals(since)
    if not found:
        return None
    heading = translation(account["locale"]).ngettext(
        "News of a person whom you sent", "News of people whom you sent", len({one.row["attendee"] for one in found})
    )
    carries = tuple(row["id"] for row in rows if row["waits"])
    return _notice(message, Kind.ADVISER_NEWS, account, heading, found, carries)


async def load_digest(message: Row) -> Notice | None:
    """What became of the adviser's people since the digest before; None if nothing did after all."""
    account = await _account(message)
    if account is None:
        return None
    until = sent_people.morning(message["created_at"])
    found = await sent_people.happened(account["id"], await sent_people.told_until(account["id"], until), until)
    if not found:
        return None
    heading = translate(account["locale"], _("What is new of the people whom you sent"))
    return _notice(message, Kind.ADVISER_DIGEST, account, heading, found, ())


def _notice(
    message: Row, kind: Kind, account: Row, heading: str, found: list[Happened], carries: tuple[str, ...]
) -> Notice:
    return Notice(
        row=message["id"],
        kind=kind,
        address=account["email"],
        locale=account["locale"],
        shown={
            "heading": heading,
            "name": account["name"],
            "told": _days(found, account["locale"]),
            "list": f"{settings().public_url}/office/people",
        },
        ends_at=message["expires_at"],
        suppressed=account["suppressed"] is not None,
        carries=carries,
    )


def _days(found: Iterable[Happened], locale: str) -> list[Row]:
    """The days of these places, each with its people, each with what is new of them."""
    days: dict[str, Row] = {}
    for one in found:
        row = one.row
        day = days.setdefault(row["event"], {"title": row["event_title"], "date": row["date"], "people": {}})
        base = f"{settings().public_url}/office/attendees/{row['attendee']}"
        person = day["people"].setdefault(
            row["attendee"],
            {
                "name": f"{row['first_name']} {row['last_name']}",
                "reference": row["reference"],
                "sheet": base,
                "ticket": None,
                "places": [],
            },
        )
        if not row["email"] and row["status"] != "cancelled":
            person["ticket"] = f"{base}/ticket"
        person["places"].append(_place(one, locale))
    return [day | {"people": list(day["people"].values())} for day in days.values()]


def _place(one: Happened, locale: str) -> Row:
    row = one.row
    said = {
        "hours": span(row["starts_at"], row["ends_at"], locale, row["zone"]),
        "title": row["title"],
        "good": row["status"] == "confirmed" and not row["must_choose"],
        "said": said_of(row, locale),
        "instead": None,
    }
    if one.instead:
        old = one.instead
        said["instead"] = f"{span(old['starts_at'], old['ends_at'], locale, old['zone'])}, {old['title']}"
    return said


def said_of(row: Row, locale: str) -> str:
    """What a place is worth now: booked, waiting behind two, offered until 14:00, given back by whom."""
    match row["status"]:
        case "waiting":
            return translate(locale, _("waiting list, number %(position)s"), {"position": row["ahead"] + 1})
        case "offered":
            until = hour(row["offered_until"], locale, row["zone"]) if row["offered_until"] else ""
            return translate(locale, _("offered, to be answered before %(hour)s"), {"hour": until})
        case "cancelled":
            return translate(locale, cancelled_words(row))
    return translate(locale, _("to choose: at the same time as another") if row["must_choose"] else _("place booked"))


def cancelled_words(row: Row) -> str:
    """Why a place of `row` is gone: given back by the person, not answered in time, out of reach; or taken away."""
    if (row["cancelled_by"] or "").startswith("attendee:"):
        return _("given back by the person")
    return _LOST.get(row["cancelled_why"], _("place cancelled"))


async def _account(message: Row) -> Row | None:
    return await fetch_one(
        "SELECT a.id, a.email, a.name, a.locale, x.id AS suppressed FROM account a LEFT JOIN suppression x "
        "ON x.address_key = {} AND x.lifted_at IS NULL WHERE a.id = {} AND a.closed_at IS NULL",
        *(message["address_key"], message["account"]),
    )


_INVITATION = (
    "SELECT f.id, f.first_name, f.email, f.revision, f.key_id, o.name AS agency, o.sensitive, e.title, e.date, e.zone, "
    "e.starts_at, e.ends_at, v.name AS venue, v.address, v.commune, x.id AS suppressed FROM message m "
    "JOIN referral f ON f.id = m.referral AND f.used_at IS NULL AND f.withdrawn_at IS NULL AND f.email IS NOT NULL "
    "JOIN organisation o ON o.id = f.agency JOIN event e ON e.id = f.event AND e.status = 'published' "
    "LEFT JOIN venue v ON v.id = e.venue "
    "LEFT JOIN suppression x ON x.address_key = m.address_key AND x.lifted_at IS NULL WHERE m.id = {}"
)
_NEWS = (
    "SELECT m.id, m.referral, m.created_at, CASE WHEN m.state = 'queued' THEN 1 ELSE 0 END AS waits FROM message m "
    "WHERE m.account = {} AND m.kind = 'adviser_news' AND (m.id = {} OR m.carried_by = {} "
    "OR (m.state = 'queued' AND m.frozen IS NULL AND m.not_before <= {})) ORDER BY m.created_at, m.id LIMIT 60"
)
