"""The slots that somebody who has places may still take, each with what stands against it."""

from collections.abc import Iterable
from dataclasses import dataclass

from workshops.attendees import OwnPlace
from workshops.programme import Slot, Stand


@dataclass(frozen=True, slots=True)
class Option:
    """A slot that can be booked or waited for. `clash`: the place of theirs at that time, against a free slot alone."""

    slot: Slot
    clash: OwnPlace | None

    @property
    def is_free(self) -> bool:
        """Whether it can be had at once."""
        return bool(self.slot.seats_left) and self.clash is None


@dataclass(frozen=True, slots=True)
class Offer:
    """A workshop and its slots to choose from."""

    stand: Stand
    options: tuple[Option, ...]

    @property
    def free(self) -> int:
        """How many of its slots can be had at once."""
        return sum(option.is_free for option in self.options)


def offers(stands: Iterable[Stand], places: list[OwnPlace], moved: OwnPlace | None) -> list[Offer]:
    """What there is instead of the place `moved`, or besides all, workshop by workshop.

    A workshop of which they keep a place is left out: one is enough (rule 3). Waiting may overlap anything.
    """
    held = [place for place in places if not place.is_off]
    kept = [place for place in held if place.status == "confirmed" and place != moved]
    sessions, workshops = {place.session for place in held}, {place.workshop for place in kept}
    found = [
        Offer(stand, tuple(Option(slot, _clash(slot, kept)) for slot in stand.slots if slot.id not in sessions))
        for stand in stands
        if stand.id not in workshops
    ]
    found = [Offer(one.stand, tuple(option for option in one.options if option.slot.bookable)) for one in found]
    return [one for one in found if one.options]


def against(slot: Slot, places: list[OwnPlace], moved: OwnPlace | None) -> list[OwnPlace]:
    """The places of theirs that stand against taking a slot: at its time, or of its workshop, or the slot itself."""
    held = [place for place in places if not place.is_off and place != moved]
    return [
        place
        for place in held
        if place.session == slot.id
        or (
            place.status == "confirmed"
            and (place.workshop == slot.workshop or place.overlaps(slot.starts_at, slot.ends_at))
        )
    ]


def _clash(slot: Slot, kept: list[OwnPlace]) -> OwnPlace | None:
    if not slot.seats_left:
        return None
    return next((place for place in kept if place.overlaps(slot.starts_at, slot.ends_at)), None)
