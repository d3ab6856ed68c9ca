"""The slots a person has chosen so far, carried from page to page in the address, which tells nothing about them."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from litestar import Request

from workshops import programme
from workshops.errors import Fault
from workshops.i18n import _, long_date
from workshops.ids import is_id
from workshops.places import MOST_SESSIONS
from workshops.programme import Day, Slot, Stand
from workshops.routes.wording import opens_later, slot_words

WHO = ("same", "other")
"""For whom a browser that has just signed somebody up chooses again: the same person, or another one."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen slot and its workshop."""

    slot: Slot
    stand: Stand

    def overlaps(self, other: "Pick") -> bool:
        """[start, end): touching is fine (rule 3)."""
        return self.slot.starts_at < other.slot.ends_at and other.slot.starts_at < self.slot.ends_at


@dataclass(frozen=True, slots=True)
class Choice:
    """The day, all its workshops, and what is chosen of them in order of time. `who`: one of WHO, or nothing."""

    day: Day
    stands: tuple[Stand, ...]
    picks: tuple[Pick, ...]
    who: str

    @property
    def sessions(self) -> list[str]:
        """The ids of the chosen slots."""
        return [pick.slot.id for pick in self.picks]

    @property
    def meeting(self) -> Stand | None:
        """The one workshop of a day that is a single meeting, with nothing to choose."""
        only = self.stands[0] if len(self.stands) == 1 else None
        return only if only and only.kind == "meeting" and len(only.slots) == 1 else None

    @property
    def asks_age(self) -> bool:
        """A meeting asks no age (product.md)."""
        return any(stand.kind != "meeting" for stand in self.stands)

    def pairs(self, without: str = "") -> list[tuple[str, str]]:
        """What carries the choice in an address or a form, without the slots of the workshop `without`."""
        kept = [("s", pick.slot.id) for pick in self.picks if pick.stand.id != without]
        return kept + ([("who", self.who)] if self.who else [])

    def query(self, **more: Any) -> str:
        """?s=…&s=…, or nothing."""
        asked = urlencode([*self.pairs(), *more.items()])
        return f"?{asked}" if asked else ""

    def of(self, stand: Stand) -> list[Slot]:
        """What is chosen of this workshop."""
        return [pick.slot for pick in self.picks if pick.stand.id == stand.id]

    def clash(self, slot: Slot, stand: Stand) -> Pick | None:
        """The choice in another workshop that takes place at the same time."""
        others = (pick for pick in self.picks if pick.stand.id != stand.id)
        return next((pick for pick in others if pick.overlaps(Pick(slot, stand))), None)

    def faults(self, locale: str) -> tuple[Fault, ...]:
        """Everything that stands against booking what is chosen, each slot named (rules 3 and 6)."""
        if opens_later(self.day):
            opens = long_date(self.day.sign_up_opens_at or self.day.date, locale, self.day.zone)
            return (Fault("choice", _("Sign-up opens on %(date)s."), {"date": opens}),)
        if not self.picks:
            return (Fault("choice", _("Tick a time slot first, then continue.")),)
        found = [
            Fault(
                "choice",
                _("“%(slot)s”: sign-up is closed. Choose another time slot."),
                {"slot": self._words(pick, locale)},
            )
            for pick in self.picks
            if not pick.slot.bookable
        ]
        found += [
            Fault("choice", message, {"first": self._words(one, locale), "second": self._words(other, locale)})
            for one, other in combinations(self.picks, 2)
            if (message := _against(one, other))
        ]
        if len(self.picks) > self.day.max_places:
            most = {"max": self.day.max_places}
            found.append(Fault("choice", _("You can choose %(max)s time slots for one day. Take one away."), most))
        return tuple(found)

    def _words(self, pick: Pick, locale: str) -> str:
        return slot_words(pick.slot, pick.stand, self.day, locale)


async def choice_in(request: Request, event: str) -> Choice:  # type: ignore[type-arg]
    """The choice that this address carries. Raises NotFound for the day; what is no slot of the day is left out."""
    query = request.query_params
    return await read_choice(event, query.getall("s", []), query.get("who", ""))


async def read_choice(event: str, sessions: list[str], who: str) -> Choice:
    """The choice of these slots, in three statements whatever their number. Raises NotFound for the day."""
    day = await programme.day(event)
    stands, _more = await programme.stands(day)
    wanted = {one for one in sessions[: 2 * MOST_SESSIONS] if is_id(one)}
    picks = [Pick(slot, stand) for stand in stands for slot in stand.slots if slot.id in wanted]
    picks.sort(key=lambda pick: (pick.slot.starts_at, pick.slot.id))
    return Choice(day, tuple(stands), tuple(picks), who if who in WHO else "")


def _against(one: Pick, other: Pick) -> str | None:
    if one.stand.id == other.stand.id:
        return _("“%(first)s” and “%(second)s”: one time slot of a workshop is enough. Take one away.")
    if one.overlaps(other):
        return _("“%(first)s” and “%(second)s” are at the same time. Take one away.")
    return None
