"""Letters about halls: the request and its reminders to the host, the outcome to whoever was not the one to decide."""

from datetime import datetime
from functools import partial
from typing import Any

from workshops.communes import commune
from workshops.database import fetch_one
from workshops.i18n import DEFAULT, _, hours, long_date, translate
from workshops.letters.notices import Link, Notice, link_of
from workshops.mail import Kind
from workshops.occupancy import Stay, crowd
from workshops.settings import settings

Row = dict[str, Any]
Fact = tuple[str, str]

_REQUEST = (
    "SELECT r.*, v.name AS hall, v.address, v.commune, h.name AS host, e.title, e.date, e.zone, e.starts_at, "
    "e.ends_at, e.status AS event_status, e.venue AS event_venue, o.name AS agency, o.phone, o.email AS agency_email, "
    "a.name AS asker, a.email AS account_email, a.locale, p.name AS proposed_hall, x.id AS suppressed "
    "FROM message m JOIN venue_request r ON r.id = m.venue_request JOIN venue v ON v.id = r.venue "
    "JOIN organisation h ON h.id = v.organisation JOIN event e ON e.id = r.event "
    "JOIN organisation o ON o.id = e.lead LEFT JOIN account a ON a.id = r.asked_by AND a.closed_at IS NULL "
    "LEFT JOIN venue p ON p.id = r.proposed_venue "
    "LEFT JOIN suppression x ON x.address_key = m.address_key AND x.lifted_at IS NULL WHERE m.id = {}"
)


async def load_request(message: Row) -> Notice | None:
    """The request to the host, or its reminder; None once it is answered, withdrawn or of no use any more."""
    row, link = await fetch_one(_REQUEST, message["id"]), await link_of(message)
    if row is None or link is None or row["status"] != "asked" or row["event_status"] == "cancelled":
        return None
    say = partial(translate, DEFAULT)
    agency, date = {"agency": row["agency"]}, {"date": long_date(row["date"], DEFAULT)}
    if message["kind"] == Kind.HALL_REMINDER:
        heading = say(_("A word about your hall on %(date)s?"), date)
        subject = say(_("Your hall on %(date)s: %(agency)s is waiting for a word"), date | agency)
        asked = agency | {"asked": long_date(row["asked_at"], DEFAULT, row["zone"])}
        lines = [
            say(_("On %(asked)s, %(agency)s asked you for a hall, and has not heard from you yet."), asked),
            say(_("A yes lets the day be announced. A no helps too: we look elsewhere.")),
        ]
    else:
        heading = say(_("Could you lend a hall on %(date)s?"), date)
        subject = say(_("A hall on %(date)s? A request from %(agency)s"), date | agency)
        lines = [say(_("%(agency)s is preparing a day when people try jobs, all in one hall: yours, we hope."), agency)]
    shown = _shown(heading, lines, await _facts_to_answer(row), _page(link), say(_("Answer in one minute")))
    shown["subject"], shown["after"] = (
        subject,
        [
            say(_("On that page you say yes or no, or propose another hall or other hours. No account is needed.")),
            say(_("Opening it decides nothing. The link is yours until the day itself.")),
        ],
    )
    return _to_host(message, row, link, shown, row["from_at"])


async def load_outcome(message: Row) -> Notice | None:
    """What became of a request, to the host (who has a link) or to the agency; None if it has changed again since."""
    row = await fetch_one(_REQUEST, message["id"])
    if row is None or row["status"] == "asked" or row["answered_at"] > message["created_at"]:
        return None
    if message["mail_link"]:
        link = await link_of(message)
        return await _for_host(message, row, link) if link else None
    address = row["account_email"] if message["account"] else row["agency_email"]
    if not address:
        return None
    locale = row["locale"] or DEFAULT if message["account"] else DEFAULT
    shown = _for_agency(row, locale)
    return Notice(
        message["id"], Kind.HALL_OUTCOME, address, locale, shown, row["until_at"], suppressed=bool(row["suppressed"])
    )


async def _for_host(message: Row, row: Row, link: Link) -> Notice | None:
    say = partial(translate, DEFAULT)
    told = {"agency": row["agency"], "date": long_date(row["date"], DEFAULT), "who": row["answered_by"] or row["host"]}
    told["said"] = long_date(row["answered_at"], DEFAULT, row["zone"])
    if row["status"] == "withdrawn" and row["event_status"] == "cancelled":
        heading, lines = _("The day of %(date)s is cancelled"), [_("Your hall is free again. You have nothing to do.")]
    elif row["status"] == "withdrawn":
        heading = _("Your hall is no longer needed on %(date)s")
        lines = [_("%(agency)s has taken its request back. Your hall is free again. Thank you.")]
    elif row["status"] == "accepted" and row["answered_how"] == "phone":
        heading = _("You said yes on the phone: thank you")
        lines = [
            _("%(agency)s has noted that %(who)s promised this hall on %(said)s."),
            _("Is that not so? Open the page and take it back: the agency is told at once."),
        ]
    elif row["status"] == "accepted":
        heading = _("What you proposed suits well: thank you")
        lines = [_("%(agency)s has taken the hall and the hours that you proposed.")]
    else:
        return None
    written = [say(line, told) for line in lines]
    shown = _shown(say(heading, told), written, await _facts_to_answer(row), _page(link), say(_("See the request")))
    return _to_host(message, row, link, shown, row["until_at"])


def _for_agency(row: Row, locale: str) -> Row:
    say = partial(translate, locale)
    told = {"host": row["host"], "hall": row["hall"], "date": long_date(row["date"], locale)}
    button, facts = _("See the hall of the day"), _facts(row, locale)
    heading, lines = _verdict(row)
    if row["status"] == "declined" and row["proposed_from_at"]:
        asked, offered = (_stay(row, which).words(locale, row["zone"]) for which in ("", "proposed_"))
        facts = [
            (say(_("Asked for")), f"{row['hall']}, {asked}"),
            (say(_("Proposed")), f"{row['proposed_hall']}, {offered}"),
        ]
        button = _("See the proposal and take it")
    elif row["status"] == "declined":
        button = _("See free dates and other halls")
    page = f"{settings().public_url}/office/events/{row['event']}/venue"
    shown = _shown(say(heading, told), [say(line, told) for line in lines], facts, page, say(button))
    return shown | {"reason": row["reason"] or "", "said_by": row["answered_by"] or row["host"]}


def _verdict(row: Row) -> tuple[str, list[str]]:
    """The heading of the agency's letter and what it says, source strings both."""
    if row["status"] == "accepted":
        elsewhere = row["event_status"] != "draft" and row["event_venue"] != row["venue"]
        next_step = (
            _("The day is still announced in another hall: change it, and everybody is told.")
            if elsewhere
            else _("Nothing stands against publishing the day in this hall.")
        )
        return _("The hall is yours on %(date)s"), [_("%(host)s lends you %(hall)s."), next_step]
    if row["status"] == "revoked":
        lines = [_("%(host)s can no longer lend you %(hall)s.")]
        if row["event_status"] in ("published", "closed"):
            lines.append(_("The day stays published, nobody has been told yet: find another hall, or cancel the day."))
        return _("The hall of %(date)s is taken back"), lines
    if row["answered_how"] == "taken":
        return _("%(hall)s is promised to another day"), [
            _("Another agency got the hall for these hours. You can see when it is free, and which other halls are.")
        ]
    if row["proposed_from_at"]:
        return _("%(host)s proposes something else for %(date)s"), [
            _("Your request cannot be met as it is, but this can. It is yours in one click, while it is free.")
        ]
    return _("%(host)s cannot lend the hall on %(date)s"), [
        _("%(hall)s is not to be had at these hours. You can see when it is free, and which other halls are.")
    ]


def _facts(row: Row, locale: str) -> list[Fact]:
    """Which hall, when, for what day: label and value."""
    say, town = partial(translate, locale), commune(row["commune"])
    where = ", ".join(part for part in (row["hall"], row["address"], town.name if town else "") if part)
    opening = hours(row["starts_at"], row["ends_at"], locale, row["zone"])
    return [
        (say(_("Hall")), where),
        (say(_("From when to when")), _stay(row).words(locale, row["zone"])),
        (say(_("The day")), f"{row['title']}, {say(_('open %(hours)s'), {'hours': opening})}"),
    ]


async def _facts_to_answer(row: Row) -> list[Fact]:
    """What a host must know besides: how many people, and who asks."""
    say, facts = partial(translate, DEFAULT), _facts(row, DEFAULT)
    places, at_once = await crowd(row["event"])
    if at_once:
        expected = _("%(places)s places over the day, at most %(at_once)s at once")
        facts.append((say(_("People")), say(expected, {"places": places, "at_once": at_once})))
    contact = row["asker"], row["agency"], row["account_email"] or row["agency_email"]
    return [*facts, (say(_("Who asks")), ", ".join(part for part in contact if part))]


def _stay(row: Row, which: str = "") -> Stay:
    return Stay(row[f"{which}from_at"], row[f"{which}until_at"])


def _shown(heading: str, lines: list[str], facts: list[Fact], page: str, button: str) -> Row:
    return {
        "subject": heading,
        "heading": heading,
        "lines": lines,
        "facts": facts,
        "reason": "",
        "said_by": "",
        "page": page,
        "button": button,
        "after": [],
    }


def _page(link: Link) -> str:
    return f"{settings().public_url}/halls/answer/{link.secret}"


def _to_host(message: Row, row: Row, link: Link, shown: Row, ends_at: datetime) -> Notice:
    return Notice(
        message["id"], Kind(message["kind"]), link.email, DEFAULT, shown, ends_at, suppressed=bool(row["suppressed"])
    )
