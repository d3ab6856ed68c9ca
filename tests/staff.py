"""Members of staff for tests, signed in with every factor."""

import secrets
from datetime import timedelta
from typing import Any

from tests import factories
from workshops.access import staff_cookie, token_hash
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.ids import new_id
from workshops.tables.people import Role

KINDS = {Role.HOST: "municipality", Role.EXHIBITOR: "exhibitor"}


async def make_staff(role: Role, organisation: str | None = None, **given: Any) -> tuple[Staff, str]:
    """Somebody of this role, and the Cookie header of their browser; of a new organisation unless one is given."""
    if organisation is None and role is not Role.ADMIN:
        organisation = (await factories.organisation(KINDS.get(role, "agency")))["id"]
    now, identity, token = utcnow(), new_id(), secrets.token_urlsafe(32)
    row = {
        "id": identity,
        "email": f"{identity}@example.org",
        "name": f"Camille {role.value}",
        "role": role.value,
        "organisation": organisation,
        "locale": "fr",
        "created_at": now,
        **given,
    }
    await factories.insert("account", row)
    login: dict[str, Any] = {
        "id": new_id(),
        "account": identity,
        "token_hash": token_hash(token),
        "label": "Firefox",
        "created_at": now,
        "last_seen_at": now,
        "expires_at": now + timedelta(days=1),
        "proved_at": now,
    }
    await factories.insert("login", login)
    who = Staff(
        f"account:{identity}",
        role,
        organisation,
        account=identity,
        login=login["id"],
        name=row["name"],
        email=row["email"],
        locale=row["locale"],
    )
    return who, f"{staff_cookie()}={token}"
