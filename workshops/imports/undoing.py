"""Taking an import back within a day, while nothing has come of what it made."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from workshops import audit
from workshops.actors import Actor
from workshops.database import fetch, for_update, transaction, utcnow
from workshops.errors import WorkshopsError
from workshops.i18n import _
from workshops.imports.runs import found
from workshops.rights import led_event, touch
from workshops.sql import marks

UNDONE_WITHIN = timedelta(hours=24)
BOOKED, CHANGED, TOLD = _("people signed up to it"), _("it was changed since"), _("its company was written to")


class TooLateToUndo(WorkshopsError):
    """The import was carried out more than 24 hours ago, or never."""

    status = 409
    type = "too-late-to-undo"
    title = _("An import can be undone for 24 hours. Take the workshops away one by one in the programme")


class ImportInUse(WorkshopsError):
    """Something has come of what the import made: `standing` are titles of workshops, each with the reason why."""

    status = 409
    type = "import-in-use"
    title = _("This import can no longer be undone as a whole")

    def __init__(self, standing: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.standing = tuple(standing)


async def undo(run: str, actor: Actor) -> None:
    """Take away what a run made: workshops, slots, and companies that nothing else refers to. Again: nothing more.

    Raises NotFound, TooLateToUndo, and ImportInUse where people signed up, or something was changed or told since.
    """
    now = utcnow()
    row = await found(run)
    async with transaction():
        event = await led_event(actor, row["event"], lock=True)
        claimed = await fetch(
            "UPDATE import_run SET undone_at = {} WHERE id = {} AND undone_at IS NULL AND confirmed_at > {} "
            "RETURNING made, confirmed_at",
            *(now, run, now - UNDONE_WITHIN),
        )
        if not claimed:
            if (await found(run))["undone_at"]:
                return
            raise TooLateToUndo
        made = json.loads(claimed[0]["made"])
        await _remove(made, claimed[0]["confirmed_at"])
        before = {"workshops": len(made["workshops"]), "slots": made["slots"]}
        await audit.note(actor, "undo_import", "import", run, event=event["id"], before=before, now=now)
        await touch(event["id"], now)


async def _remove(made: dict[str, Any], since: datetime) -> None:
    workshops = made["workshops"]
    ours = f"IN ({marks(len(workshops))})"
    await fetch(f"SELECT id FROM session WHERE workshop {ours} ORDER BY id{for_update()}", *workshops)
    if standing := await _standing(ours, workshops, since):
        raise ImportInUse(standing)
    await fetch(f"DELETE FROM session WHERE workshop {ours}", *workshops)
    await fetch(f"DELETE FROM workshop WHERE id {ours}", *workshops)
    if made["companies"]:
        used = " AND ".join(
            f"NOT EXISTS (SELECT 1 FROM {table} t WHERE t.{column} = organisation.id)"
            for table, column in (
                ("workshop", "exhibitor"),
                ("workshop", "training_by"),
                ("account", "organisation"),
                ("api_token", "organisation"),
            )
        )
        ids = marks(len(made["companies"]))
        await fetch(f"DELETE FROM organisation WHERE id IN ({ids}) AND {used}", *made["companies"])


async def _standing(ours: str, workshops: Sequence[str], since: datetime) -> list[tuple[str, str]]:
    """The titles of workshops that something has come of, each with the weightiest reason."""
    booked = await fetch(
        f"SELECT DISTINCT s.workshop AS id FROM session s WHERE s.workshop {ours} AND ("
        "EXISTS (SELECT 1 FROM registration r WHERE r.session = s.id) "
        "OR EXISTS (SELECT 1 FROM hold h WHERE h.session = s.id) "
        "OR EXISTS (SELECT 1 FROM scan c WHERE c.session = s.id) "
        "OR EXISTS (SELECT 1 FROM change_effect f WHERE f.was_session = s.id))",
        *workshops,
    )
    told = await fetch(
        f"SELECT w.id FROM workshop w WHERE w.id {ours} AND (w.invited_at IS NOT NULL OR w.answer IS NOT NULL "
        "OR EXISTS (SELECT 1 FROM message m WHERE m.workshop = w.id))",
        *workshops,
    )
    changed = await fetch(
        f"SELECT w.id FROM workshop w WHERE w.id {ours} AND (w.version > 1 OR w.updated_at > {{}} "
        "OR EXISTS (SELECT 1 FROM session s WHERE s.workshop = w.id AND s.updated_at > {}) "
        "OR EXISTS (SELECT 1 FROM device d WHERE d.workshop = w.id))",
        *(*workshops, since, since),
    )
    reasons: dict[str, str] = {}
    for found_ones, reason in ((booked, BOOKED), (told, TOLD), (changed, CHANGED)):
        for row in found_ones:
            reasons.setdefault(row["id"], reason)
    if not reasons:
        return []
    titles = await fetch(
        f"SELECT id, title FROM workshop WHERE id IN ({marks(len(reasons))}) ORDER BY position", *reasons
    )
    return [(row["title"], reasons[row["id"]]) for row in titles]
