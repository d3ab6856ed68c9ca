"""Which people of a day staff mean: what they ask for, as one condition in SQL about the attendee `a`.

An organiser means everybody of a day that its agency leads; an adviser only those whom its own agency sent.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workshops.actors import Actor
from workshops.ids import is_id
from workshops.persons import ACCOMMODATIONS, search_name
from workshops.tables.people import Origin, Role
from workshops.tickets import read_code

Row = dict[str, Any]
Condition = tuple[str, list[object]]

COMING, ANY = "", "any"
STATUSES = (COMING, "confirmed", "offered", "waiting", "cancelled", ANY)
"""COMING: with a place or waiting for one, and who came without booking. ANY: also who cancelled everything."""
SORTS = ("name", "slot", "new")
NO_AGENCY, OTHER_AGENCY = "none", "other"
"""OTHER_AGENCY: any of the sensitive ones, which are not named outside themselves."""
MOST_PAGES = 999
_OPEN = {
    "status": frozenset(STATUSES),
    "arrangement": frozenset({"any", *ACCOMMODATIONS}),
    "origin": frozenset(Origin),
    "presence": frozenset({"in", "out"}),
    "sort": frozenset(SORTS),
}


@dataclass(frozen=True, slots=True)
class Agency:
    """Who sent somebody. Without an `id` it is one that is not named here: "Autre organisme"."""

    id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What staff ask for; empty means all. `stand` is a workshop's id, `at` the hour a slot begins ("09:45")."""

    search: str = ""
    stand: str = ""
    at: str = ""
    status: str = COMING
    agency: str = ""
    arrangement: str = ""
    origin: str = ""
    presence: str = ""
    to_call: bool = False
    sort: str = "name"
    page: int = 1
    all: bool = False

    def filters(self, **other: object) -> dict[str, str]:
        """What an address or a form carries to ask for the same, `other` replaced. Never what was searched for."""
        values = asdict(replace(self, **other))  # type: ignore[arg-type]
        default = asdict(Wanted())
        return {
            name: "1" if value is True else str(value)
            for name, value in values.items()
            if value != default[name] and name != "search"
        }


def read_wanted(given: Mapping[str, str]) -> Wanted:
    """What a form or an address asks for; what makes no sense counts as not asked."""
    known = {name: value for name, allowed in _OPEN.items() if (value := given.get(name, "")) in allowed and value}
    agency, at, page = given.get("agency", ""), given.get("at", ""), given.get("page", "")
    return Wanted(
        search=" ".join(given.get("search", "").split())[:80],
        stand=given.get("stand", "") if is_id(given.get("stand", "")) else "",
        at=at if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at, re.ASCII) else "",
        agency=agency if is_id(agency) or agency in (NO_AGENCY, OTHER_AGENCY) else "",
        to_call=bool(given.get("to_call")),
        page=int(page) if re.fullmatch(r"[1-9]\d{0,2}", page, re.ASCII) else 1,
        all=bool(given.get("all")),
        **known,
    )


def whom(actor: Actor, event: Row, wanted: Wanted) -> Condition:
    """The condition and its values: of the event (its row), of those the actor may see, and as wanted.

    It needs `FROM attendee a LEFT JOIN organisation o ON o.id = a.agency`.
    """
    parts: list[Condition] = [("a.event = {} AND a.anonymised_at IS NULL", [event["id"]])]
    if actor.role is not Role.ADMIN and actor.role is not Role.ORGANISER:
        parts.append(_sent_by(actor.organisation))
    parts += [_with_place(event, wanted), *searched(wanted.search)]
    if wanted.agency:
        parts.append(_of_agency(wanted.agency, actor))
    if wanted.arrangement == "any":
        parts.append(("a.accommodations IS NOT NULL", []))
    elif wanted.arrangement:
        parts.append(("(' ' || a.accommodations || ' ') LIKE {}", [f"% {wanted.arrangement} %"]))
    if wanted.origin:
        parts.append(("a.origin = {}", [wanted.origin]))
    if wanted.to_call:
        parts.append(("a.called_for IS NOT NULL AND a.called_at IS NULL", []))
    if wanted.presence:
        inside, values = in_hall(event)
        parts.append((f"a.id {'IN' if wanted.presence == 'in' else 'NOT IN'} ({inside})", values))
    return " AND ".join(text for text, _ in parts), [value for _, values in parts for value in values]


def agency_of(row: Row, actor: Actor) -> Agency | None:
    """The agency of a row (agency, agency_name, sensitive) by its name, unless it is sensitive and not the actor's."""
    if row["agency"] is None:
        return None
    hidden = row["sensitive"] and row["agency"] != actor.organisation
    return Agency(None, "") if hidden else Agency(row["agency"], row["agency_name"])


def in_hall(event: Row) -> Condition:
    """SQL that selects the ids of who was let into the hall on the day itself, some twice (rule 10)."""
    begin, end = _midnight(event["date"], event["zone"]), _midnight(event["date"] + timedelta(days=1), event["zone"])
    return (
        "SELECT n.attendee FROM scan n WHERE n.event = {} AND n.session IS NULL AND n.kind IN ('in', 'walk_in') "
        "AND n.attendee IS NOT NULL AND (n.let_in OR NOT n.refused) AND NOT n.after_revocation "
        "AND n.set_aside_at IS NULL AND n.effective_at >= {} AND n.effective_at < {} AND (n.id, n.caller) NOT IN "
        "(SELECT u.undoes, u.caller FROM scan u WHERE u.event = {} AND u.kind = 'undo')",
        [event["id"], begin, end, event["id"]],
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _sent_by(agency: str | None) -> Condition:
    return (
        "(a.agency = {} OR EXISTS (SELECT 1 FROM referral f WHERE f.attendee = a.id AND f.agency = {}))",
        [agency, agency],
    )


def _with_place(event: Row, wanted: Wanted) -> Condition:
    """Who has a registration like this; without a slot or a status, also who has none at all (a walk-in)."""
    values: list[object] = []
    text = "SELECT 1 FROM registration r"
    where = "r.attendee = a.id"
    if wanted.stand or wanted.at:
        text += " JOIN session s ON s.id = r.session"
    if wanted.stand:
        where, values = f"{where} AND s.workshop = {{}}", [wanted.stand]
    if wanted.at:
        local = datetime.combine(event["date"], time.fromisoformat(wanted.at), ZoneInfo(event["zone"]))
        where, values = f"{where} AND s.starts_at = {{}}", [*values, local.astimezone(UTC)]
    if wanted.status == ANY and not values:
        return "1 = 1", []
    if wanted.status == COMING:
        where += " AND r.status <> 'cancelled'"
    elif wanted.status != ANY:
        where, values = f"{where} AND r.status = {{}}", [*values, wanted.status]
    has = f"EXISTS ({text} WHERE {where})"
    if wanted.status == COMING and not values:
        has = f"({has} OR NOT EXISTS (SELECT 1 FROM registration r WHERE r.attendee = a.id))"
    return has, values


def searched(text: str) -> list[Condition]:
    """The conditions of a search for a person `a`: by name, address, number or ticket code.

    Each word begins a word of the name, in any case, without accents.
    """
    digits = "".join(filter(str.isdigit, text)).lstrip("0")
    values: list[object]
    if "@" in text:
        said, values = "a.email LIKE {}", [f"%{text.lower()}%"]
    elif len(digits) >= 4:
        said, values = "(a.phone LIKE {} OR a.adult_phone LIKE {})", [f"%{digits}%", f"%{digits}%"]
    else:
        values = [f"% {word}%" for word in search_name(text.replace("_", " "), "").split()[:6]]
        said = " AND ".join(["(' ' || a.search_name) LIKE {}"] * len(values))
    if code := read_code(text):
        said = f"({said} OR EXISTS (SELECT 1 FROM ticket t WHERE t.attendee = a.id AND t.code = {{}}))"
        values.append(code)
    return [(said, values)] if said else []


def _of_agency(agency: str, actor: Actor) -> Condition:
    if agency == NO_AGENCY:
        return "a.agency IS NULL", []
    if agency == OTHER_AGENCY:
        return "o.sensitive AND o.id <> {}", [actor.organisation or ""]
    return "a.agency = {} AND (NOT o.sensitive OR o.id = {})", [agency, actor.organisation or ""]
