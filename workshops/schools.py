"""For whom places are kept: an agency, or a school, which is written down the first time it is named."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from workshops.database import fetch, fetch_one
from workshops.errors import Fault, Invalid
from workshops.i18n import _
from workshops.ids import is_id, new_id

SCHOOL = "school"
"""The `agency_type` of a school: residents are not asked whether it is their adviser's."""


OTHER = "Autre organisme"
"""What a sensitive agency is called where others read it too: the name of its group on lists and at the door."""


async def found(organisation: str | None, name: str | None, now: datetime) -> dict[str, Any]:
    """The id and name of an agency, or of the school called `name`, in the caller's transaction. Raises Invalid."""
    if name:
        slug = f"ecole-{_slug(name)}"
        await fetch(
            "INSERT INTO organisation (id, slug, kind, name, agency_type, created_at) "
            "VALUES ({}, {}, 'agency', {}, {}, {}) ON CONFLICT (slug) DO NOTHING",
            *(new_id(), slug, name, SCHOOL, now),
        )
        where, value = "slug = {}", slug
    else:
        where, value = "id = {}", str(organisation) if is_id(organisation) else ""
    row = await fetch_one(
        f"SELECT id, name, sensitive FROM organisation WHERE {where} AND kind = 'agency' AND archived_at IS NULL", value
    )
    if row is None:
        raise Invalid(faults=(Fault("organisation", _("Choose an agency, or write the name of a school.")),))
    return row | {"name": OTHER} if row["sensitive"] else row


def _slug(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:50] or "x"
