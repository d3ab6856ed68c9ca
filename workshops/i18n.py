"""French first and complete, English too: catalogues, dates and hours in words, and the template environments.

Source strings are English; `locales/fr/*.po` are read together as one catalogue at the first use, nothing is compiled.
"""

import gettext
import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel.core import negotiate_locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from workshops.settings import bundled, settings

LOCALES = ("fr", "en")
DEFAULT = "fr"
PARIS = "Europe/Paris"
NO_BREAK = "\N{NO-BREAK SPACE}"


def _(message: str) -> str:
    """Mark an English source string for the catalogue; it is translated where it is shown."""
    return message


@cache
def translation(locale: str) -> gettext.NullTranslations:
    """The catalogue of `locale`; English is the source itself."""
    merged = Catalog(locale=locale)
    for file in sorted((bundled("locales") / locale).glob("*.po")):
        for message in read_po(io.BytesIO(file.read_bytes()), locale=locale):
            if message.id:
                merged[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled) if len(merged) else gettext.NullTranslations()


def translate(locale: str, message: str, values: Mapping[str, object] | None = None) -> str:
    """`message` in the reader's language, its %(name)s placeholders filled."""
    return translation(locale).gettext(message) % (values or {})


def choose_locale(cookie: str | None, accept_language: str | None) -> str:
    """The switch's choice, else the browser's first language that we speak, else French."""
    if cookie in LOCALES:
        return cookie
    weighed = []
    for part in (accept_language or "").split(","):
        match = re.fullmatch(r"\s*([A-Za-z-]{2,20})\s*(?:;\s*q=([01](?:\.\d{1,3})?))?\s*", part)
        if match:
            weighed.append((-float(match[2] or 1), match[1].replace("-", "_")))
    wanted = [language for quality, language in sorted(weighed, key=lambda pair: pair[0]) if quality]
    return negotiate_locale(wanted, LOCALES) or DEFAULT


@lru_cache(maxsize=4096)
def long_date(day: date | datetime, locale: str, zone: str = PARIS) -> str:
    """mardi 12 janvier 2027, vendredi 1er janvier 2027 · Tuesday 12 January 2027. An instant is taken in `zone`."""
    local = _local_day(day, zone)
    return format_date(local, f"EEEE {_day_of_month(local, locale)} MMMM y", locale=locale)


@lru_cache(maxsize=4096)
def short_date(day: date | datetime, locale: str, zone: str = PARIS) -> str:
    """mar. 12 janv. · Tue 12 Jan."""
    local = _local_day(day, zone)
    return format_date(local, f"EEE {_day_of_month(local, locale)} MMM", locale=locale)


def hour(instant: datetime, locale: str, zone: str = PARIS) -> str:
    """9 h, 9 h 45 · 9:00, 9:45, in `zone`, with spaces that do not break."""
    local = instant.astimezone(ZoneInfo(zone))
    if locale == "fr":
        minutes = f"{NO_BREAK}{local.minute:02}" if local.minute else ""
        return f"{local.hour}{NO_BREAK}h{minutes}"
    return f"{local.hour}:{local.minute:02}"


def hours(start: datetime, end: datetime, locale: str, zone: str = PARIS) -> str:
    """de 9 h à 9 h 45 · from 9:00 to 9:45."""
    first, last = ("de", "à") if locale == "fr" else ("from", "to")
    return f"{first} {hour(start, locale, zone)} {last} {hour(end, locale, zone)}"


def span(start: datetime, end: datetime, locale: str, zone: str = PARIS) -> str:
    """10 h 30 – 11 h 15, for a button or a column; it breaks after the dash only, where no space could forbid it."""
    return f"{hour(start, locale, zone)}{NO_BREAK}– {hour(end, locale, zone)}"


@cache
def templates(folder: str, locale: str) -> Environment:
    """The environment of `templates/<folder>` in `locale`: escaping, strict about names, dates as filters."""
    environment = Environment(
        loader=FileSystemLoader(bundled("templates") / folder),
        autoescape=select_autoescape(("html", "mjml"), default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=settings().debug,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    words = translation(locale)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext, npgettext=words.npgettext
    )
    environment.globals["locale"] = locale
    for show in (long_date, short_date, hour, hours, span):
        environment.filters[show.__name__] = _in(locale, show)
    return environment


def _in(locale: str, show):  # type: ignore[no-untyped-def]
    def shown(*values: object, zone: str = PARIS) -> str:
        return str(show(*values, locale, zone))

    return shown


def _local_day(day: date | datetime, zone: str) -> date:
    return day.astimezone(ZoneInfo(zone)).date() if isinstance(day, datetime) else day


def _day_of_month(day: date, locale: str) -> str:
    return "d'er'" if locale == "fr" and day.day == 1 else "d"
