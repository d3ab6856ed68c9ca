"""The journal in words: who, what was done, which field, and what it held."""

import re
from datetime import datetime

from workshops.i18n import PARIS, _, hour, short_date, translate
from workshops.journal import Entry

ACTIONS: dict[str, str] = {}
KINDS = {
    "event": _("A day"),
    "workshop": _("A workshop"),
    "session": _("A slot"),
    "attendee": _("A person signed up"),
    "registration": _("A place"),
    "hold": _("Kept places"),
    "venue_request": _("A request for a hall"),
    "venue": _("A hall"),
    "organisation": _("An organisation"),
    "account": _("An account"),
    "bulletin": _("A message to a group"),
    "import": _("An import"),
    "list": _("A list of names"),
}
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
_FIELDS: dict[str, str] = {}
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
    if value is None or value == "":
        return translate(locale, _("nothing"))
    if isinstance(value, bool):
        return translate(locale, _("yes") if value else _("no"))
    text = str(value)
    if _MOMENT.fullmatch(text):
        moment = datetime.fromisoformat(text)
        return f"{short_date(moment, locale, zone)} {hour(moment, locale, zone)}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
