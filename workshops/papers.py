"""What an attendee holds: the ticket's secret and code, and the manage link, re-made for whoever may see them."""

from dataclasses import dataclass

from workshops import tickets
from workshops.database import fetch_one
from workshops.errors import NotFound
from workshops.tickets import Purpose, make_secret


@dataclass(frozen=True, slots=True)
class Papers:
    """`qr_text` is what the QR holds, `code` what is said aloud."""

    qr_text: str
    code: str
    ticket_url: str
    manage_url: str


async def papers(attendee: str) -> Papers:
    """The attendee's active ticket and manage link. Raises NotFound."""
    row = await fetch_one(
        "SELECT t.code, t.revision, t.secret_key, a.manage_revision, a.manage_key FROM attendee a "
        "JOIN ticket t ON t.attendee = a.id AND t.status = 'active' WHERE a.id = {}",
        attendee,
    )
    if row is None:
        raise NotFound
    ticket = make_secret(Purpose.TICKET, attendee, row["revision"], row["secret_key"])
    manage = make_secret(Purpose.MANAGE, attendee, row["manage_revision"], row["manage_key"])
    return Papers(
        tickets.qr_text(ticket.text), row["code"], tickets.ticket_url(ticket.text), tickets.manage_url(manage.text)
    )
