"""The journal in words: who, what was done, which field, and what it held."""

import re
from datetime import datetime

from workshops.i18n import PARIS, _, hour, short_date, translate
from workshops.journal import Entry

_OTHERS = {
    "public": _("Somebody, online"),
    "attendee": _("The person"),
    "link": _("Somebody, by a mailed link"),
    "token": _("A program"),
    "device": _("A phone of the door"),
    "account": _("An account that is gone"),
    "worker": _("The service itself"),
    "demo": _("The demo"),
}
_FIELDS = {
    "title": _("title"),
    "description": _("description"),
    "date": _("date"),
    "starts_at": _("start"),
    "ends_at": _("end"),
    "capacity": _("places in all"),
    "status": _("state"),
    "venue": _("hall"),
    "hall": _("hall"),
    "town": _("commune"),
    "reason": _("reason"),
    "why": _("reason"),
    "cancelled_why": _("reason"),
    "cancelled_at": _("cancelled at"),
    "stand": _("stand number"),
    "position": _("order"),
    "exhibitor": _("exhibitor"),
    "company": _("exhibitor"),
    "companies": _("exhibitors"),
    "workshops": _("workshops"),
    "stands": _("workshops"),
    "ready": _("workshops"),
    "slots": _("slots"),
    "publish_at": _("published at"),
    "sign_up_opens_at": _("sign-up opens"),
    "sign_up_closes_minutes": _("sign-up closes (minutes before)"),
    "max_places": _("most places for one person"),
    "min_age": _("minimum age"),
    "listed": _("shown in the list of days"),
    "co_leads": _("co-leads"),
    "lead": _("lead agency"),
    "places": _("places"),
    "until_at": _("kept until"),
    "organisation": _("organisation"),
    "role": _("role"),
    "name": _("name"),
    "first_name": _("first name"),
    "last_name": _("last name"),
    "email": _("e-mail"),
    "phone": _("telephone"),
    "commune": _("commune"),
    "accommodations": _("arrangements"),
    "facilitator": _("facilitator"),
    "answered_by": _("answered by"),
    "adult_name": _("responsible adult"),
    "adult_phone": _("telephone of the adult"),
    "answer": _("answer"),
    "called_at": _("called at"),
    "session": _("slot"),
    "like": _("made after"),
    "proposed_venue": _("hall proposed"),
    "successor": _("successor"),
    "kind": _("kind"),
    "openings": _("jobs to fill"),
    "access": _("access"),
    "address": _("street address"),
    "locale": _("language"),
    "people": _("number of people"),
    "subject": _("subject"),
}
_VALUES = {
    "draft": _("draft"),
    "published": _("published"),
    "closed": _("closed"),
    "cancelled": _("cancelled"),
    "ready": _("ready"),
    "asked": _("asked for"),
    "accepted": _("accepted"),
    "declined": _("declined"),
    "withdrawn": _("withdrawn"),
    "revoked": _("taken back"),
    "confirmed": _("confirmed"),
    "waiting": _("waiting"),
    "offered": _("offered"),
    "active": _("active"),
    "released": _("freed"),
    "open": _("open"),
    "organiser": _("organiser"),
    "adviser": _("adviser"),
    "host": _("host"),
    "exhibitor": _("exhibitor"),
    "admin": _("administrator"),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d|Z)")
LONGEST = 120


def actor_words(entry: Entry, locale: str) -> str:
    """The name of a member of staff, a program or a phone; of anybody else what they are."""
    what = translate(locale, _OTHERS.get(entry.actor.partition(":")[0], entry.actor))
    if entry.who and entry.actor.startswith("account:"):
        return entry.who
    return f"{what} ({entry.who})" if entry.who else what


def field_words(name: str, locale: str) -> str:
    """The name of a field."""
    return translate(locale, _FIELDS[name]) if name in _FIELDS else name.replace("_", " ")


def value_words(value: object, locale: str, zone: str = PARIS) -> str:
    """What a field held, short; hours in `zone`."""
    if value is None or value in ("", []):
        return translate(locale, _("nothing"))
    if isinstance(value, bool):
        return translate(locale, _("yes") if value else _("no"))
    if isinstance(value, list):
        named = all(isinstance(one, str) for one in value)
        return _short(", ".join(value)) if named else translate(locale, _("%(number)s entries"), {"number": len(value)})
    text = str(value)
    if _MOMENT.fullmatch(text):
        moment = datetime.fromisoformat(text)
        return f"{short_date(moment, locale, zone)} {hour(moment, locale, zone)}"
    return translate(locale, _VALUES[text]) if text in _VALUES else _short(text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
