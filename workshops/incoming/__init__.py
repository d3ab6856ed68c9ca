"""Mail that comes in: fetched from a mailbox, read apart from this process, told in a few fields."""

from workshops.incoming.apart import Reader, Unreadable
from workshops.incoming.mailbox import Arrived, Mailbox
from workshops.incoming.reading import MOST_BYTES, Failure, Reply, Told

__all__ = ["MOST_BYTES", "Arrived", "Failure", "Mailbox", "Reader", "Reply", "Told", "Unreadable"]
