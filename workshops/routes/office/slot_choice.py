"""The slots that staff tick for somebody, and what stands against them in the words of the office."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from workshops.errors import Fault, WorkshopsError
from workshops.i18n import _, span, translate
from workshops.openings import Opening, Stall
from workshops.refusals import AlreadyRegistered, Refused, SessionFull

REFUSALS = {
    "session-full": _("This slot has filled up meanwhile: tick it for its waiting list, or choose another one."),
    "overlapping-sessions": _("The person has a place at the same hour already."),
    "same-workshop": _("The person has a place at this workshop already: one is enough."),
    "registration-closed": _("This slot has begun, or does not take place."),
}
CLASHES = {
    "overlapping-sessions": _("Two of the slots you ticked are at the same time."),
    "same-workshop": _("Two of the slots you ticked are of the same workshop: one is enough."),
}
"""Of two slots that were ticked together."""
HAS_IT = _("The person has this slot already.")
SOMEBODY = _("Somebody with this name or this contact is known already. Look for the person first.")
ELSEWHERE = _("The person has signed up otherwise already. The organiser of the day can tell you more.")


@dataclass(frozen=True, slots=True)
class Ticked:
    """What was ticked: slots, those of them whose waiting list is meant, the kept places that are given."""

    sessions: tuple[str, ...]
    waits: frozenset[str]
    holds: tuple[str, ...]

    def may_wait(self, error: SessionFull) -> bool:
        """Whether every full slot was ticked as a full one."""
        return set(error.sessions) <= self.waits


def read_ticked(values: Iterable[str]) -> Ticked:
    """The boxes "slot", "slot.wait" and "slot.hold-<id>" as the page wrote them; a slot counts once."""
    sessions: dict[str, str] = {}
    for value in values:
        session, _dot, how = value.partition(".")
        sessions[session] = how or sessions.get(session, "")
    return Ticked(
        tuple(sessions),
        frozenset(session for session, how in sessions.items() if how == "wait"),
        tuple(how.removeprefix("hold-") for how in sessions.values() if how.startswith("hold-")),
    )


def refusal_faults(error: Refused, stalls: list[Stall], *, leads: bool, locale: str, zone: str) -> tuple[Fault, ...]:
    """The refusal as faults of the slots, each slot by its hour and its workshop."""
    message = REFUSALS.get(error.type, error.title)
    if len(error.sessions) > 1 and error.type in CLASHES:
        message = CLASHES[error.type]
    if isinstance(error, AlreadyRegistered):
        message = HAS_IT if error.sessions else SOMEBODY if leads else ELSEWHERE
    named = slot_names(stalls, error.sessions, locale, zone)
    if not named:
        return (Fault("sessions", message),)
    said = translate(locale, message)
    return tuple(Fault("sessions", _("%(slot)s: %(said)s"), {"slot": slot, "said": said}) for slot in named)


def slot_names(stalls: Iterable[Stall], sessions: Iterable[str], locale: str, zone: str) -> list[str]:
    """10 h – 10 h 45, Maçon, of the slots that are known."""
    wanted = set(sessions)
    return [
        f"{span(slot.starts_at, slot.ends_at, locale, zone)}, {stall.title}"
        for stall in stalls
        for slot in stall.slots
        if slot.id in wanted
    ]


def without(stalls: Iterable[Stall], sessions: Iterable[str], workshops: Iterable[str] = ()) -> list[Stall]:
    """The slots that are left to choose from: not these, nor any of these workshops."""
    gone, had = set(sessions), set(workshops)
    left = (
        replace(stall, slots=tuple(slot for slot in stall.slots if slot.id not in gone))
        for stall in stalls
        if stall.id not in had
    )
    return [stall for stall in left if stall.slots]


def clashing(slot: Opening, taken: Iterable[tuple[datetime, datetime]]) -> bool:
    """Whether the slot is at the same time as one of these (start, end); touching is fine (rule 3)."""
    return any(slot.starts_at < end and start < slot.ends_at for start, end in taken)


def invalid_faults(error: WorkshopsError) -> tuple[Fault, ...]:
    """The faults of an error that has some, else its title."""
    return error.faults or (Fault("sessions", error.title),)
