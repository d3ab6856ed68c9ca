"""Why places are not given: one error for each fact (contract.md)."""

from workshops.errors import WorkshopsError
from workshops.i18n import _


class Refused(WorkshopsError):
    """The request is well formed, but the facts stand against it. `sessions` names the slots concerned, if any."""

    status = 409

    def __init__(self, sessions: list[str] | None = None) -> None:
        super().__init__()
        self.sessions = sessions or []


class SessionFull(Refused):
    """A slot has no place left for a newcomer, and "refuse" was asked."""

    type = "session-full"
    title = _("There is no place left in this time slot")


class OverlappingSessions(Refused):
    """Two of the slots take place at the same time."""

    type = "overlapping-sessions"
    title = _("Two of these time slots are at the same time")


class SameWorkshop(Refused):
    """Two of the slots belong to one workshop."""

    type = "same-workshop"
    title = _("Two of these time slots are of the same workshop: one is enough")


class TooManyPlaces(Refused):
    """More places a day than can be booked online."""

    type = "too-many-places"
    title = _("You have chosen more time slots than can be booked for one day")


class AlreadyRegistered(Refused):
    """Something stored stands against it. One wording, which tells a stranger nothing (rule 3)."""

    type = "already-registered"
    title = _(
        "You may already have places at this time. "
        "If so, we are sending you a link by e-mail to see them and change them"
    )


class RegistrationClosed(Refused):
    """The slot is past, cancelled, or its sign-up is not open."""

    type = "registration-closed"
    title = _("Sign-up to this time slot is closed. Come directly: places not taken are given on the day")


class CannotCancel(Refused):
    """The slot has begun."""

    type = "too-late"
    title = _("This workshop has begun: it can no longer be cancelled")


class OfferEnded(Refused):
    """The place was offered until a moment that is over, or it was refused."""

    type = "offer-ended"
    title = _("This place is no longer kept for you")


class GroupPlace(Refused):
    """A group comes by number: its places are those kept for it, and change with them."""

    type = "group-place"
    title = _("This place belongs to a group: change what is kept for it")


class AlreadyInvited(Refused):
    """The agency has invited this person to this day, and the link still waits to be used."""

    type = "already-invited"
    title = _("Your agency has invited this person to this day already")


class KeyReused(WorkshopsError):
    """The Idempotency-Key was used with another body."""

    status = 422
    type = "idempotency-key-reused"
    title = _("This Idempotency-Key was used with another body")
