"""Who acts: what a verb is told of its caller."""

from dataclasses import dataclass

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


ANYONE = Actor("public")
