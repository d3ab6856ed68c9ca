"""How the places and invitations of an agency's people are written."""

from typing import Any

from workshops.i18n import _, hour, translate
from workshops.letters.referrals import cancelled_words
from workshops.referred import Sent

Row = dict[str, Any]
STATES = {
    "": _("Everybody"),
    "confirmed": _("With a place booked"),
    "waiting": _("On a waiting list"),
    "offered": _("With a place offered"),
    "cancelled": _("With a place given back"),
    "call": _("To call"),
}
MESSAGES = {
    None: ("off", _("Link to hand over")),
    "queued": ("off", _("The message leaves soon")),
    "sending": ("off", _("The message leaves soon")),
    "sent": ("good", _("Message sent")),
    "failed": ("no", _("The message did not arrive: hand the link over")),
}
DONE = {
    "passed": _("It is done. The person is written to."),
    "invited": _("The invitation leaves within a minute"),
    "sent": _("The invitation leaves again within a minute"),
    "withdrawn": _("The invitation is withdrawn"),
}
"""What an address may say was just done."""


def place_state(place: Row, sent: Sent) -> str:
    """good, wait, no or off."""
    if place["status"] == "cancelled" or "cancelled" in (place["session_status"], place["workshop_status"]):
        return "no"
    if sent.inside:
        return "good"
    if place["status"] == "confirmed" and not place["must_choose"]:
        return "good"
    return "wait"


def place_words(place: Row, locale: str, zone: str) -> str:
    """What a place is worth: booked, waiting as the third, offered until 14:00, given back by whom."""
    if place["status"] == "cancelled":
        return translate(locale, cancelled_words(place))
    if "cancelled" in (place["session_status"], place["workshop_status"]):
        return translate(locale, _("the slot does not take place"))
    if place["status"] == "offered":
        until = hour(place["offered_until"], locale, zone) if place["offered_until"] else ""
        return translate(locale, _("offered, to be answered before %(hour)s"), {"hour": until})
    if place["status"] == "waiting":
        return translate(locale, _("waiting list, number %(position)s"), {"position": place["ahead"] + 1})
    return translate(locale, _("to choose: at the same time as another") if place["must_choose"] else _("place booked"))


def presence(sent: Sent, over: bool, coming: bool) -> tuple[str, str] | None:
    """Whether the person came, as a badge: its kind and its words; nothing before the day."""
    if sent.inside:
        return "good", _("Present")
    return ("no", _("Not seen at the entrance")) if over and coming else None


def message(invitation: Row) -> tuple[str, str]:
    """How the message of an invitation went."""
    if invitation["email"] and invitation["message"] is None:
        return "off", _("Invited by e-mail")
    return MESSAGES.get(invitation["message"], ("off", _("The message leaves soon")))
