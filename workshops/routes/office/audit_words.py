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
    "access": _("access"),
    "accommodations": _("arrangements"),
    "address": _("street address"),
    "adult_name": _("responsible adult"),
    "adult_phone": _("telephone of the adult"),
    "answer": _("answer"),
    "answered_by": _("answered by"),
    "called_at": _("called at"),
    "cancelled_at": _("cancelled at"),
    "cancelled_why": _("reason"),
    "capacity": _("places in all"),
    "co_leads": _("co-leads"),
    "commune": _("commune"),
    "companies": _("exhibitors"),
    "company": _("exhibitor"),
    "contract_kinds": _("kinds of contract"),
    "date": _("date"),
    "description": _("description"),
    "eco_transition": _("job of the ecological transition"),
    "email": _("e-mail"),
    "ends_at": _("end"),
    "exhibitor": _("exhibitor"),
    "facilitator": _("facilitator"),
    "facts": _("facts"),
    "first_name": _("first name"),
    "from_at": _("from the"),
    "funded_by_eu": _("funded by the European Union"),
    "hall": _("hall"),
    "hold": _("kept places"),
    "how": _("by which way"),
    "kind": _("kind"),
    "last_name": _("last name"),
    "lead": _("lead agency"),
    "like": _("made after"),
    "listed": _("shown in the list of days"),
    "locale": _("language"),
    "max_places": _("most places for one person"),
    "min_age": _("minimum age"),
    "name": _("name"),
    "note": _("remark"),
    "openings": _("jobs to fill"),
    "organisation": _("organisation"),
    "people": _("number of people"),
    "phone": _("telephone"),
    "places": _("places"),
    "position": _("order"),
    "prerequisites": _("prerequisites"),
    "proposed_venue": _("hall proposed"),
    "publish_at": _("published at"),
    "ready": _("workshops"),
    "reason": _("reason"),
    "role": _("role"),
    "reference": _("reference"),
    "rome_code": _("job code"),
    "session": _("slot"),
    "sign_up_closes_minutes": _("sign-up closes (minutes before)"),
    "sign_up_opens_at": _("sign-up opens"),
    "slots": _("slots"),
    "stand": _("stand number"),
    "stand_number": _("stand number"),
    "stands": _("workshops"),
    "starts_at": _("start"),
    "status": _("state"),
    "strict_door": _("only with a ticket at the door"),
    "unclaimed_after_minutes": _("when unclaimed places are given"),
    "set_aside_why": _("why it is set aside"),
    "subject": _("subject"),
    "successor": _("successor"),
    "title": _("title"),
    "town": _("commune"),
    "training_title": _("training"),
    "until_at": _("until the"),
    "venue": _("hall"),
    "website": _("website"),
    "why": _("reason"),
    "workshops": _("workshops"),
    "zone": _("time zone"),
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
