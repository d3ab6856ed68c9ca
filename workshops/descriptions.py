"""What the page of a workshop says, as an exhibitor writes it: read, compared, kept as a proposal. Pure."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from workshops.fields import TEXT_LENGTH, Answers, Wrong, line, one_of, text, web_address, whole_number
from workshops.i18n import _
from workshops.jobs import job

LONGEST = 1200
SHORTER = 500
OLDEST = 99


@dataclass(frozen=True, slots=True)
class Description:
    """A workshop's page. `website` is the exhibitor's own, `training_by` the id of a training body."""

    title: str = ""
    rome_code: str | None = None
    description: str = ""
    prerequisites: str = ""
    openings: int | None = None
    contract_kinds: str | None = None
    access: str = ""
    min_age: int | None = None
    eco_transition: bool = False
    training_title: str | None = None
    training_by: str | None = None
    website: str | None = None

    def changed(self, other: "Description") -> dict[str, Any]:
        """The fields that `other` says differently, with its values."""
        before, after = asdict(self), asdict(other)
        return {name: after[name] for name in FIELDS if before[name] != after[name]}

    def lacks(self, *needed: str) -> list[str]:
        """Those of these fields that are empty."""
        return [name for name in needed if not getattr(self, name)]

    def with_changes(self, changes: Mapping[str, Any]) -> "Description":
        """The page as it would be with these."""
        return replace(self, **changes)


FIELDS = tuple(field.name for field in fields(Description))
COLUMNS = tuple(name for name in FIELDS if name != "website")
"""The fields that are columns of the workshop."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Edits of a public page by `exhibitor` (an id): they wait for the organiser, or were `refused` with this word."""

    exhibitor: str
    changes: dict[str, Any]
    refused: str | None = None

    def write(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self), ensure_ascii=False)


def proposal(row: Mapping[str, Any]) -> Proposal | None:
    """The proposal that a row of the workshop holds; none of another exhibitor, who had the stand before."""
    found = Proposal(**json.loads(row["proposal"])) if row["proposal"] else None
    return found if found and found.exhibitor == row["exhibitor"] else None


def of_row(row: Mapping[str, Any]) -> Description:
    """The page that a row of the workshop says, joined with its exhibitor's `website`."""
    return Description(**{name: row[name] for name in FIELDS})


def read_description(answers: Answers, training_bodies: Collection[str]) -> Description:
    """Read what was filled in; what is faulty is in `answers.faults`, and then the result must not be used.

    Nothing is required but a title: a page can be put by and finished later (see `Description.lacks`).
    """
    read = answers.read
    return Description(
        title=read("title", line(TEXT_LENGTH), _("Write what the workshop is called.")) or "",
        rome_code=read("rome_code", _job),
        description=read("description", text(LONGEST)) or "",
        prerequisites=read("prerequisites", text(SHORTER)) or "",
        openings=read("openings", whole_number(0, 999)),
        contract_kinds=read("contract_kinds", line(TEXT_LENGTH)),
        access=read("access", text(SHORTER)) or "",
        min_age=read("min_age", whole_number(0, OLDEST)) or None,
        eco_transition=answers.values.get("eco_transition") == "true",
        training_title=read("training_title", line(200)),
        training_by=read("training_by", one_of(training_bodies)),
        website=read("website", web_address),
    )


def _job(given: object) -> str:
    if not isinstance(given, str) or job(given) is None:
        raise Wrong(_("Choose a job from the list."))
    return given
