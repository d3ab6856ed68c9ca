"""One base class for everything that can be refused, so that one place turns refusals into answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty field: its name, what is wrong and how to mend it.

    `message` is an English gettext message id and `limits` fill its placeholders; neither ever holds what was written.
    """

    name: str
    message: str
    limits: Mapping[str, object] = field(default_factory=dict)


class WorkshopsError(Exception):
    """A refusal with an HTTP status, a stable problem type (RFC 9457) and an English title.

    `detail` is an English gettext message id for the reader; `faults` name the fields to mend.
    """

    status = 400
    type = "bad-request"
    title = "The request cannot be carried out"

    def __init__(self, detail: str | None = None, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.faults = faults


class Invalid(WorkshopsError):
    """Some fields are faulty; all of them are named."""

    status = 422
    type = "invalid"
    title = "Some answers need to be corrected"


class NotFound(WorkshopsError):
    """There is no such thing, or it belongs to somebody else (product.md: 404, not 403)."""

    status = 404
    type = "not-found"
    title = "This page does not exist, or no longer does"


class NotSignedIn(WorkshopsError):
    """No token where one is needed, or a wrong one."""

    status = 401
    type = "unauthorized"
    title = "A valid token is needed"


class SignInNeeded(NotSignedIn):
    """Nobody is signed in on this browser, or not with every factor that is needed."""

    title = "Sign in to see this page"


class NotAllowed(WorkshopsError):
    """A known caller whose role may not do this at all."""

    status = 403
    type = "forbidden"
    title = "Your role does not allow this"
