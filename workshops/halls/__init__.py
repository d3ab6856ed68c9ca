"""Halls: who lends them, who asks for them, what is answered. A day keeps no hall that its host has not promised."""

from workshops.halls.answering import accept, by_link, decline, revoke
from workshops.halls.asking import record_yes, request, take_proposal, use, withdraw
from workshops.halls.keeping import release_cancelled, remind_due
from workshops.halls.venues import add, archive, edit, restore

__all__ = [
    "accept",
    "add",
    "archive",
    "by_link",
    "decline",
    "edit",
    "record_yes",
    "release_cancelled",
    "remind_due",
    "request",
    "restore",
    "revoke",
    "take_proposal",
    "use",
    "withdraw",
]
