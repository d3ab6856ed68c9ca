"""What a message tells, read from the newest state at the moment it is written."""

from collections.abc import Awaitable, Callable
from typing import Any

from workshops.letters import attendees
from workshops.letters.attendees import MOST_PEOPLE, Day, Letter, Person, Slot
from workshops.letters.notices import Notice
from workshops.mail import Kind

__all__ = ["MOST_PEOPLE", "Day", "Letter", "Notice", "Person", "Slot", "load"]

Row = dict[str, Any]
LOADERS: dict[Kind, Callable[[Row], Awaitable[Letter | Notice | None]]] = {
    Kind.YOUR_PLACES: attendees.load,
    Kind.YOUR_LINK: attendees.load,
}


async def load(message: Row) -> Letter | Notice | None:
    """The letter of a row of `message`; None if there is nothing left to tell, or no address any more."""
    return await LOADERS[Kind(message["kind"])](message)
