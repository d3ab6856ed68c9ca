"""The time of an offer runs from when its message was accepted for delivery (product.md rule 5)."""

from datetime import datetime

from workshops import offers
from workshops.database import fetch
from workshops.mail import Kind
from workshops.tables.people import Offer

OFFERS = {Kind.PLACE_OFFERED, Kind.PROVE}
"""The messages that tell an offer: a place, or all that wait for the person's proof."""


async def begin(message: str, departed: datetime) -> None:
    """A message of OFFERS has left at `departed` (UTC): the place that it offers is held from then."""
    for row in await fetch(
        "SELECT r.id, r.offer, s.starts_at, e.zone FROM message m JOIN registration r ON r.attendee = m.attendee "
        "AND (r.id = m.registration OR (m.kind = 'prove' AND r.offer = 'proof')) "
        "JOIN session s ON s.id = r.session JOIN event e ON e.id = m.event "
        "WHERE (m.id = {} OR m.carried_by = {}) AND r.status = 'offered'",
        *(message, message),
    ):
        until = offers.deadline(Offer(row["offer"]), row["starts_at"], departed, row["zone"])
        await fetch(
            "UPDATE registration SET offered_until = {}, updated_at = {} WHERE id = {} AND status = 'offered'",
            *(until, departed, row["id"]),
        )
