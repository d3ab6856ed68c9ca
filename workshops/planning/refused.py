"""Why a plan is not changed: one error for each fact."""

from collections.abc import Mapping, Sequence

from workshops.errors import WorkshopsError
from workshops.grid import Clash
from workshops.i18n import _


class StalePlan(WorkshopsError):
    """The day was changed by somebody else since the page was opened."""

    status = 409
    type = "stale-plan"
    title = _("Somebody else has changed this day in the meantime")


class PlanClosed(WorkshopsError):
    """The day is over or cancelled."""

    status = 409
    type = "plan-closed"
    title = _("This day is over or cancelled: its programme no longer changes")


class SlotTaken(WorkshopsError):
    """People hold or wait for places of these slots: they have to be told, which the planner does not do."""

    status = 409
    type = "slot-taken"
    title = _("People are signed up to it in the meantime: change it from its own page, so that they are told")


class Clashing(WorkshopsError):
    """What was asked would be at two places at once, or outside the hours; `titles` are by workshop."""

    status = 409
    type = "clashing-plan"
    title = _("Something in this programme is in two places at once")

    def __init__(self, clashes: Sequence[Clash], titles: Mapping[str, str]) -> None:
        super().__init__()
        self.clashes, self.titles = clashes, titles
