"""Who sends somebody to a day, and who wants to hear of the next ones."""

from piccolo.columns import Boolean, Integer
from piccolo.table import Table

from workshops.tables.columns import key, link, moment, words
from workshops.tables.people import Account, Attendee
from workshops.tables.programme import Event, Organisation


class Referral(Table):
    """An agency sends a person: by an invitation they use themselves, or registered on their behalf.

    `account`: which adviser did. `token_hash`, `revision` and `key_id` find and re-make the link of an invitation.
    """

    id = key()
    agency = link(Organisation)
    event = link(Event)
    attendee = link(Attendee, optional=True)
    account = link(Account, optional=True)
    mode = words(20)
    first_name = words(60, optional=True)
    email = words(254, optional=True)
    phone = words(20, optional=True)
    reference = words(20, optional=True)
    token_hash = words(64, optional=True)
    told = Boolean(default=False)
    created_at = moment(optional=False)
    used_at = moment()
    last_name = words(60, optional=True)
    revision = Integer(default=1)
    key_id = words(16, optional=True)
    withdrawn_at = moment()


class NewsAddress(Table, tablename="news_address"):
    """Somebody wants to hear of the next days (rule 8); kept apart from every attendee."""

    id = key()
    email = words(254)
    locale = words(5)
    token_hash = words(64)
    created_at = moment(optional=False)
    withdrawn_at = moment()


class LostLink(Table, tablename="lost_link"):
    """Somebody asks for the tickets of an address; the row goes as soon as it is answered."""

    id = key()
    email = words(254)
    created_at = moment(optional=False)
