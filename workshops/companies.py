"""Exhibitors by their name: those that are known are found, however they are written, the others are made."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from workshops.database import fetch
from workshops.ids import new_id
from workshops.sql import rows

SLUG_LENGTH = 48


@dataclass(frozen=True, slots=True)
class Company:
    """An exhibitor that is known."""

    id: str
    name: str
    email: str | None


def key(name: str) -> str:
    """What two spellings of one name have in common: letters and digits, without case and accents."""
    spelt = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return " ".join(re.findall(r"[^\W_]+", "".join(char for char in spelt if not unicodedata.combining(char))))


async def known() -> dict[str, Company]:
    """Every exhibitor that is not archived, by the key of its name; of several the oldest."""
    found = await fetch(
        "SELECT id, name, email FROM organisation WHERE kind = 'exhibitor' AND archived_at IS NULL "
        "ORDER BY created_at DESC, id"
    )
    return {key(row["name"]): Company(**row) for row in found}


async def ensure(wanted: Iterable[tuple[str, str | None]], now: datetime) -> Mapping[str, Company]:
    """The exhibitors of these (name, address), by key, in the caller's transaction: those that are new are made.

    An address is kept where none was known; a known one stays, because others wrote it.
    """
    found = await known()
    asked: dict[str, tuple[str, str | None]] = {}
    for name, email in wanted:
        first = asked.setdefault(key(name), (name, email))
        asked[key(name)] = (first[0], first[1] or email)
    new = {one: Company(new_id(), *given) for one, given in asked.items() if one not in found}
    await _insert(new, now)
    for one, (_, email) in asked.items():
        if one in found and email and not found[one].email:
            sql = "UPDATE organisation SET email = {} WHERE id = {} AND email IS NULL"
            await fetch(sql, email, found[one].id)
    return {**found, **new}


async def _insert(new: Mapping[str, Company], now: datetime) -> None:
    slugs = await _slugs(new) if new else {}
    values = [(company.id, slugs[one], "exhibitor", company.name, company.email, now) for one, company in new.items()]
    for some in (values[first : first + 500] for first in range(0, len(values), 500)):
        await fetch(
            f"INSERT INTO organisation (id, slug, kind, name, email, created_at) VALUES {rows(len(some), 6)}",
            *(value for row in some for value in row),
        )


async def _slugs(names: Iterable[str]) -> dict[str, str]:
    """A slug for each key: its words, and a random end where somebody has them already."""
    taken = {row["slug"] for row in await fetch("SELECT slug FROM organisation")}
    slugs = {}
    for name in names:
        plain = name.encode("ascii", "ignore").decode().replace(" ", "-")[:SLUG_LENGTH].strip("-")
        slugs[name] = plain if plain and plain not in taken else f"{plain or 'exposant'}-{new_id()[:6]}"
        taken.add(slugs[name])
    return slugs
