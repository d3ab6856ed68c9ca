"""The samples that are no tickets: to residents without places, to advisers, hosts, exhibitors and staff."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from babel.dates import format_date

from workshops import unsubscribe_links
from workshops.i18n import PARIS, long_date, translate, translation
from workshops.letters import Notice, next_days
from workshops.mail import Kind
from workshops.settings import settings
from workshops.unsubscribe_links import What

DAY = date(2027, 1, 12)
START, END = datetime(2027, 1, 12, 8, tzinfo=UTC), datetime(2027, 1, 12, 16, tzinfo=UTC)
UNTIL = datetime(2027, 1, 6, 16, tzinfo=UTC)
TITLE = "Osons nos talents à Marles-les-Mines"
SECRET = "q" * 26
WELDER = "Soudeur, soudeuse"

Row = dict[str, Any]
Make = Callable[[str], Notice]


def notice(kind: Kind, heading: str, shown: Callable[[str], Row] | None = None, **given: Any) -> tuple[Kind, Make]:
    """A message of this kind; `heading` in English. What its template names is `given`, or depends on the language."""

    def make(locale: str) -> Notice:
        said = {"heading": translate(locale, heading), "title": TITLE, "date": DAY, "name": "Zoé"}
        said |= given | (shown(locale) if shown else {})
        return Notice("sample-message", kind, "camille.martin@example.org", locale, said, END + timedelta(days=5))

    return kind, make


def page(path: str) -> str:
    """An address of ours."""
    return f"{settings().public_url}{path}"


def _new_address(_locale: str) -> Row:
    return {"link": page(f"/address/{SECRET}"), "until": UNTIL}


def _changed(_locale: str) -> Row:
    return {"manage_url": page(f"/m/{SECRET}")}


def _bulletin(_locale: str) -> Row:
    body = "Bonjour,\n\nLe parking de la salle est fermé ce jour-là.\nGarez-vous place de la Mairie.\n\nÀ mardi !"
    paragraphs = [one.split("\n") for one in body.split("\n\n")]
    return {
        "heading": "Où vous garer",
        "body": body,
        "paragraphs": paragraphs,
        "agency": "PLIE de Béthune",
        "venue": "Salle Georges-Gentils",
    }


def _dates(_locale: str) -> list[Row]:
    job = {"date": date(2027, 1, 26), "town": "Lens", "job": WELDER}
    other = {"date": date(2027, 2, 9), "town": "Béthune", "job": None}
    path = "/events/sample-next/workshops/sample-job"
    return [job | {"link": page(path)}, other | {"link": page("/events/sample-later")}]


def _thanks(locale: str) -> Row:
    tried = {"title": WELDER, "company": "Aciers d’Artois", "link": page("/events/sample-day/workshops/sample-job")}
    return {"met": [tried], "dates": _dates(locale)}


def _next_days(locale: str) -> Row:
    days = [
        {"title": TITLE, "date": date(2027, 1, 26), "town": "Lens", "jobs": 12, "link": page("/events/sample-next")},
        {"title": "Grand Forum", "date": date(2027, 2, 9), "town": "Béthune", "jobs": 0, "link": page("/events/forum")},
    ]
    stop = unsubscribe_links.make(What.NEWS, "sample")
    return {"days_told": days, "heading": next_days.heading(len(days), locale), "stop": stop}


def _missed(locale: str) -> Row:
    return {"dates": _dates(locale)}


def _invitation(_locale: str) -> Row:
    day = {"title": TITLE, "date": DAY, "zone": PARIS, "starts_at": START, "ends_at": END, "town": "Marles-les-Mines"}
    day |= {"venue": "Salle Georges-Gentils", "address": "14 rue de la Paix"}
    return {"agency": "France Travail Bruay", "day": day, "link": page(f"/i/{SECRET}")}


def _told(locale: str) -> Row:
    booked = {"hours": "10 h – 10 h 45", "title": WELDER, "good": True, "said": translate(locale, "place booked")}
    lost = {"hours": "14 h – 14 h 45", "title": "Jardinier, jardinière", "good": False}
    lost["said"] = translate(locale, "given back by the person")
    ana = _person("Ana Kowalski", "A-12") | {"places": [booked | {"instead": None}], "ticket": None}
    bob = _person("Bob Delattre", None) | {"places": [lost | {"instead": None}]}
    bob["ticket"] = page("/office/attendees/sample-bob/ticket")
    day = {"title": TITLE, "date": DAY, "people": [ana, bob]}
    return {"name": "Camille", "told": [day], "list": page("/office/people")}


def _person(name: str, reference: str | None) -> Row:
    sheet = page(f"/office/attendees/sample-{name[:3].lower()}")
    return {"name": name, "reference": reference, "sheet": sheet}


def _absences(locale: str) -> Row:
    came = translation(locale).ngettext(
        "Of the people whom you sent, %(num)s came", "Of the people whom you sent, %(num)s came", 9
    )
    absent = [_person("Bob Delattre", "A-14"), _person("Dina Farès", None)]
    shown = {"absent": absent, "excused": [_person("Ana Kowalski", "A-12")], "unknown": 1}
    return shown | {"heading": came % {"num": 9}, "name": "Camille", "list": page("/office/people")}


def _hall(heading: str, subject: str, line: str, button: str) -> Callable[[str], Row]:
    def shown(locale: str) -> Row:
        said = {"date": long_date(DAY, locale), "agency": "PLIE de Béthune", "asked": long_date(UNTIL.date(), locale)}
        said |= {"hall": "Salle Georges-Gentils", "host": "Ville de Marles-les-Mines"}
        facts = [
            (translate(locale, "Hall"), "Salle Georges-Gentils, 14 rue de la Paix, Marles-les-Mines"),
            (translate(locale, "The day"), TITLE),
        ]
        return {
            "heading": translate(locale, heading, said),
            "subject": translate(locale, subject, said),
            "lines": [translate(locale, line, said)],
            "facts": facts,
            "reason": "",
            "said_by": "",
            "page": page(f"/halls/answer/{SECRET}"),
            "button": translate(locale, button),
            "after": [translate(locale, "Opening it decides nothing. The link is yours until the day itself.")],
        }

    return shown


def _stand(door: str = "stand", **given: Any) -> Callable[[str], Row]:
    def shown(locale: str) -> Row:
        day = {"title": TITLE, "date": DAY, "zone": PARIS, "starts_at": START, "ends_at": END, "status": "published"}
        day |= {"lead": "PLIE de Béthune", "exhibitor": "Aciers d’Artois", "venue": "Salle Georges-Gentils"}
        day |= {"address": "14 rue de la Paix", "commune": "Marles-les-Mines", "access": "Entrée par la cour."}
        slots = [
            {"starts_at": START + timedelta(hours=n), "ends_at": START + timedelta(hours=n, minutes=45), "capacity": 4}
            for n in (0, 1, 5)
        ]
        stand = {"title": WELDER, "stand": "7", "slots": slots}
        month = format_date(DAY, "MMM", locale=locale)
        link = page(f"/{door}/{SECRET}")
        return {"day": day, "number": DAY.day, "month": month, "link": link, "stands": [stand], **given}

    return shown


def _staff(purpose: str) -> Callable[[str], Row]:
    def shown(_locale: str) -> Row:
        named = {"name": "Camille Martin", "organisation": "PLIE de Béthune", "email": "camille.martin@example.org"}
        return named | {"link": page(f"/{purpose}/{SECRET}"), "until": UNTIL}

    return shown


_NEWS = {"kind": "moved", "title": WELDER, "starts_at": START + timedelta(hours=2)}
_NEWS |= {"ends_at": START + timedelta(hours=2, minutes=45), "was_starts_at": START}
_NEWS["was_ends_at"] = START + timedelta(minutes=45)
_ASKED = "%(agency)s is preparing a day when people try jobs, all in one hall: yours, we hope."
_WAITS = "On %(asked)s, %(agency)s asked you for a hall, and has not heard from you yet."

BY_READERS: dict[str, dict[str, tuple[Kind, Make]]] = {
    "Residents": {
        "new_address": notice(Kind.NEW_ADDRESS, "Confirm your e-mail address", _new_address),
        "contact_changed": notice(Kind.CONTACT_CHANGED, "Your telephone number has changed", _changed),
        "invitation": notice(Kind.INVITATION, "Come and try jobs: choose your hours", _invitation),
        "bulletin": notice(Kind.BULLETIN, "", _bulletin),
        "thank_you": notice(Kind.THANK_YOU, "Thank you for coming", _thanks),
        "missed_you": notice(Kind.MISSED_YOU, "We missed you", _missed),
        "next_days": notice(Kind.NEXT_DAYS, "", _next_days),
    },
    "Advisers": {
        "adviser_news": notice(Kind.ADVISER_NEWS, "News of a person whom you sent", _told),
        "adviser_digest": notice(Kind.ADVISER_DIGEST, "What is new of the people whom you sent", _told),
        "adviser_absences": notice(Kind.ADVISER_ABSENCES, "", _absences),
    },
    "Hosts": {
        "hall_request": notice(
            Kind.HALL_REQUEST,
            "",
            _hall(
                "Could you lend a hall on %(date)s?",
                "A hall on %(date)s? A request from %(agency)s",
                _ASKED,
                "Answer in one minute",
            ),
        ),
        "hall_reminder": notice(
            Kind.HALL_REMINDER,
            "",
            _hall(
                "A word about your hall on %(date)s?",
                "Your hall on %(date)s: %(agency)s is waiting for a word",
                _WAITS,
                "Answer in one minute",
            ),
        ),
        "hall_outcome": notice(
            Kind.HALL_OUTCOME,
            "",
            _hall(
                "The hall is yours on %(date)s",
                "The hall is yours on %(date)s",
                "%(host)s lends you %(hall)s.",
                "See the hall of the day",
            ),
        ),
    },
    "Exhibitors": {
        "stand_invitation": notice(
            Kind.STAND_INVITATION, "Let people try your job", _stand(answered=False, reminds=False)
        ),
        "stand_programme": notice(Kind.STAND_PROGRAMME, "Your hours on the day", _stand()),
        "stand_review": notice(
            Kind.STAND_REVIEW,
            "Your changes were not taken over",
            _stand(title=WELDER, refused="Le texte parle d’un autre métier."),
        ),
        "stand_contacts": notice(Kind.STAND_CONTACTS, "They agreed that you contact them", _stand("contacts")),
        "stand_changes": notice(
            Kind.STAND_CHANGES,
            "Something changes at your stand",
            _stand(is_off=False, news=[_NEWS], old_hall=None, whys=["La machine arrive plus tard."]),
        ),
    },
    "Staff": {
        "staff_invitation": notice(
            Kind.STAFF_INVITATION, "Your account is ready: choose a password", _staff("invitation")
        ),
        "staff_password": notice(Kind.STAFF_PASSWORD, "Choose a new password", _staff("password")),
    },
}
"""By who reads them: name in the address, kind, letter."""
