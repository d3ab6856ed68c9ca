"""What tells a program that fills in the public forms from a person. No sign refuses anybody: see `limits`.

A page says, signed, when it was served; the time goes with the answers from step to step, and back. A field that
nobody sees stays empty. Both work without JavaScript.
"""

from datetime import datetime, timedelta

from litestar import Request

from workshops.database import utcnow
from workshops.limits import Source, source_of
from workshops.routes.forms import SIGNS, Form
from workshops.tickets import sign, unsign

SERVED, UNSEEN = SIGNS
QUICKEST = timedelta(seconds=2)
"""Nobody reads a page and writes a name in less."""


def served_at(form: Form) -> str:
    """What the form holds of when its page was first served, or that it is served now."""
    return form.one(SERVED) or served(utcnow())


def served(at: datetime) -> str:
    """What a page holds that is served at this moment."""
    return sign(SERVED, str(int(at.timestamp() * 1000)))


def is_automatic(form: Form, now: datetime) -> bool:
    """Whether a program has sent it: the unseen field is filled, or it comes at once, or from no page of ours."""
    at = unsign(SERVED, form.one(SERVED))
    return bool(form.one(UNSEEN)) or at is None or now.timestamp() * 1000 - int(at) < QUICKEST.total_seconds() * 1000


async def source_in(request: Request, form: Form | None = None) -> Source:  # type: ignore[type-arg]
    """Where a sign-up comes from; of a `form`, whether a program has filled it in. Counted."""
    now = utcnow()
    address = request.client.host if request.client else ""
    return await source_of(address, now, automatic=form is not None and is_automatic(form, now))
