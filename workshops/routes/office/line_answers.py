"""What becomes of the lines of a paste: each one's own decision, and the words for what it would do and what it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workshops import prospects, referrals
from workshops.actors import Staff
from workshops.errors import NotFound, WorkshopsError
from workshops.i18n import _, translate
from workshops.idempotency import Key, body_hash
from workshops.openings import Stall
from workshops.pasted import Line
from workshops.persons import Person
from workshops.prospects import Prospect
from workshops.referrals import Invitee
from workshops.refusals import AlreadyRegistered, Refused
from workshops.registrations import SignUp, register
from workshops.routes.office.slot_choice import ELSEWHERE, HAS_IT, REFUSALS, Ticked, slot_names

INVITE = prospects.INVITE
FULL = _("This slot is full.")
KINDS = {
    prospects.REGISTER: ("good", _("Registers the person")),
    prospects.ADD: ("good", _("Adds these places to a person of yours")),
    prospects.INVITE: ("good", _("Invites the person")),
    prospects.REFUSED: ("no", _("Does not go")),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a line did: `attendee` if the adviser may see the person, `invitation`, what was `taken`, or an `error`."""

    line: Line
    error: WorkshopsError | None = None
    attendee: str | None = None
    invitation: str | None = None
    handed: bool = False
    waits: int = 0

    @property
    def is_good(self) -> bool:
        """Whether it went."""
        return self.line.is_good and self.error is None

    def in_words(self, stalls: Sequence[Stall], locale: str, zone: str) -> dict[str, Any]:
        """What the page shows of it."""
        said = [] if self.is_good else why(self.line, self.error, stalls, locale, zone)
        return {
            "line": self.line,
            "good": self.is_good,
            "why": said,
            "attendee": self.attendee,
            "invitation": self.invitation,
            "handed": self.handed,
            "waits": self.waits,
        }


async def answer_lines(
    event: str, lines: Sequence[Line], how: str, ticked: Ticked, waits: bool, once: str, who: Staff
) -> list[Answer]:
    """Let each line go by itself, in its own transaction and under its own key: one that fails stops no other."""
    answers = []
    for line in lines:
        if not line.is_good:
            answers.append(Answer(line))
            continue
        try:
            answers.append(
                await _invite(event, line, once, who)
                if how == INVITE
                else await _register(event, line, ticked, waits, once, who)
            )
        except NotFound:
            raise
        except WorkshopsError as error:
            answers.append(Answer(line, error))
    return answers


async def _register(event: str, line: Line, ticked: Ticked, waits: bool, once: str, who: Staff) -> Answer:
    person = Person(line.first_name, line.last_name, line.email, line.phone, aged_16_or_over=True)
    asked = SignUp(
        event,
        person,
        ticked.sessions,
        "wait" if waits else "refuse",
        holds=ticked.holds,
        reference=line.reference,
    )
    done = await register(asked, who, _key(f"register:{event}", line, once, who))
    waiting = sum(1 for place in done.places if place.status == "waiting")
    return Answer(line, attendee=done.attendee if done.visible else None, waits=waiting)


async def _invite(event: str, line: Line, once: str, who: Staff) -> Answer:
    invitee = Invitee(line.first_name, line.last_name or None, line.email, line.phone, line.reference)
    done = await referrals.invite(event, invitee, who, _key(f"invite:{event}", line, once, who))
    return Answer(line, invitation=done.id, handed=done.url is not None)


def _key(call: str, line: Line, once: str, who: Staff) -> Key:
    return Key(who.id, call, f"{once}.{line.number}", body_hash(line.text.encode()))


def asked_words(
    found: Sequence[Prospect], ticked: Ticked, stalls: Sequence[Stall], locale: str, zone: str
) -> list[dict[str, Any]]:
    """What the preview shows of each line."""
    return [
        {
            "line": one.line,
            "kind": KINDS[one.does][0],
            "does": KINDS[one.does][1],
            "why": why(one.line, one.error, stalls, locale, zone) if one.does == prospects.REFUSED else [],
            "waits": slot_names(stalls, one.waits, locale, zone),
            "attendee": one.attendee,
        }
        for one in found
    ]


def why(line: Line, error: WorkshopsError | None, stalls: Sequence[Stall], locale: str, zone: str) -> list[str]:
    """Why a line does not go, in words."""
    if line.same_as is not None:
        return [translate(locale, _("The same person as line %(number)s."), {"number": line.same_as})]
    if line.faults:
        return [translate(locale, fault.message, fault.limits) for fault in line.faults]
    if error is None:
        return []
    if error.faults:
        return [translate(locale, fault.message, fault.limits) for fault in error.faults]
    message = REFUSALS.get(error.type, error.title)
    sessions = error.sessions if isinstance(error, Refused) else []
    if isinstance(error, AlreadyRegistered):
        message = HAS_IT if sessions else ELSEWHERE
    if error.type == "session-full":
        message = FULL
    said = translate(locale, message)
    named = slot_names(stalls, sessions, locale, zone)
    return [translate(locale, _("%(slot)s: %(said)s"), {"slot": slot, "said": said}) for slot in named] or [said]
