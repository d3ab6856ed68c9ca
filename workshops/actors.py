"""Who acts: what a verb is told of its caller."""

from dataclasses import dataclass
from datetime import datetime

from workshops.tables.people import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of a verb. `id` names it in records ("token:…", "device:…", "attendee:…"); anyone has no role."""

    id: str
    role: Role | None = None
    organisation: str | None = None

    @property
    def is_anyone(self) -> bool:
        """Whether nobody vouches for this caller."""
        return self.role is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone(Actor):
    """A device of the door as a caller: one event, its hall or, with `workshop`, one stand; `since` (UTC) it exists."""

    device: str
    event: str
    label: str
    since: datetime
    workshop: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Actor):
    """A member of staff who is signed in: `account` and `login` are ids, `id` is "account:<account>"."""

    account: str
    login: str
    name: str
    email: str
    locale: str


def account_of(actor: Actor) -> str | None:
    """The account of a member of staff who acts; a program has none."""
    return actor.account if isinstance(actor, Staff) else None


ANYONE = Actor("public")
OPERATOR = Actor("operator", Role.ADMIN)
"""Whoever calls `workshops …` on the server."""
