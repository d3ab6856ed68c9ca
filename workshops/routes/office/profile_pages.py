"""What the pages about one person share: who reads them, that it is kept, and what every template names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from workshops import audit, profiles, texts
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault
from workshops.persons import ACCOMMODATIONS
from workshops.profiles import Profile
from workshops.routes import wording
from workshops.routes.office import message_words, profile_words
from workshops.routes.office.people_words import phone
from workshops.routes.pages import locale_of, office_page
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
MAY = (Role.ORGANISER, Role.ADVISER)


@dataclass(frozen=True, slots=True)
class Opened:
    """A sheet, and who reads it."""

    who: Staff
    profile: Profile

    @property
    def person(self) -> dict[str, Any]:
        """The attendee's row with its event's facts."""
        return self.profile.person

    @property
    def place_ids(self) -> list[str]:
        """The slots that the person has or waits for."""
        return [place["session"] for place in self.profile.places if place["status"] != "cancelled"]

    @property
    def taken(self) -> list[tuple[datetime, datetime]]:
        """When the person is busy."""
        return [(one["starts_at"], one["ends_at"]) for one in self.profile.places if one["status"] == "confirmed"]


async def opened_by(request: Asked, attendee: str, what: str = "") -> Opened:
    """The sheet of somebody whom the reader may see; with `what`, kept as opened. Raises NotFound."""
    who = await staff(request, *MAY)
    profile = await profiles.profile(attendee, who)
    if what:
        await audit.listed(who, what, profile.person["event"], 1)
    return Opened(who, profile)


def back(attendee: str, done: str) -> Response[Any]:
    """To the sheet, which says what was just done (a word of `profile_words.DONE`)."""
    return Redirect(f"/office/attendees/{attendee}{'?done=' if done else ''}{done}", status_code=HTTP_303_SEE_OTHER)


def profile_page(
    name: str,
    request: Asked,
    opened: Opened,
    *,
    faults: tuple[Fault, ...] = (),
    status: int = HTTP_200_OK,
    **context: Any,
) -> Response[Any]:
    """The page `name` about the person."""
    return office_page(
        name,
        request,
        opened.who,
        status=status,
        person=opened.person,
        agency=opened.profile.agency,
        places=opened.profile.places,
        messages=opened.profile.messages,
        errors=wording.errors_in(faults, locale_of(request)),
        now=utcnow(),
        done=profile_words.DONE.get(request.query_params.get("done", ""), ""),
        words=profile_words,
        post_words=message_words,
        phone=phone,
        may_send=bool(opened.person["email"]) or texts.reach(opened.person["phone"]),
        accommodations=ACCOMMODATIONS,
        **context,
    )
