"""Why the door's verdict is what it is, in a few short lines: where the person is expected, since when they are in."""

from workshops.checkin import CheckIn
from workshops.expected import Place
from workshops.i18n import _, hour, long_date, span, translate
from workshops.routes.wording import commune_name
from workshops.verdict import Booking, Outcome

MOST_LINES = 2
SAID = {
    Outcome.REPLACED: _("A newer ticket has been made. Look for the name."),
    Outcome.NOT_ON_LIST: _("Look for the name."),
    Outcome.NOT_A_TICKET: _("If you typed a code, check each character. Or look for the name."),
}


def why(told: CheckIn, place: Place, locale: str) -> list[str]:
    """The lines under the verdict's name."""
    lines = _lines(told, place, locale)
    if told.not_today and told.outcome is not Outcome.OTHER_EVENT:
        day = long_date(place.date, locale)
        lines.insert(0, translate(locale, _("Only a trial: the day is %(day)s."), {"day": day}))
    return lines


def _lines(told: CheckIn, place: Place, locale: str) -> list[str]:
    here = [booking for booking in told.bookings if place.stand and booking.workshop == place.stand.id]
    if told.outcome in SAID:
        return [translate(locale, SAID[told.outcome])]
    if told.outcome is Outcome.ALREADY_IN and told.first_at:
        at = hour(told.first_at, locale, told.zone)
        return [", ".join(filter(None, (translate(locale, _("In since %(hour)s"), {"hour": at}), told.first_by)))]
    if told.outcome is Outcome.OTHER_EVENT and told.other_date:
        return [", ".join(filter(None, (long_date(told.other_date, locale), commune_name(told.other_commune))))]
    if told.outcome is Outcome.CANCELLED:
        message = _("The place here has been cancelled.") if place.stand else _("Every place has been cancelled.")
        return [translate(locale, message)]
    if told.outcome is Outcome.WAITING:
        waiting = here or list(told.bookings)
        return [_slot(booking, locale, told.zone) for booking in waiting if booking.status == "waiting"][:MOST_LINES]
    places = [booking for booking in told.bookings if booking.is_place(told.at)]
    if told.outcome in (Outcome.TOO_EARLY, Outcome.OTHER_SESSION) or (told.outcome is Outcome.ADMITTED and here):
        places = [booking for booking in places if booking in here]
    elif len(places) > MOST_LINES:
        places = [booking for booking in places if booking.ends_at > told.at] or places
    shown = [_slot(booking, locale, told.zone) for booking in places][:MOST_LINES]
    return shown or [translate(locale, _("No workshop booked."))]


def _slot(booking: Booking, locale: str, zone: str) -> str:
    return f"{span(booking.starts_at, booking.ends_at, locale, zone)}, {booking.title}"
