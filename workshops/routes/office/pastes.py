"""Up to thirty people pasted at once: what each line would do, then each line as a decision of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK

from workshops import audit, people, prospects
from workshops.access import adviser
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid
from workshops.i18n import _
from workshops.ids import is_id, new_id
from workshops.openings import Stall, openings
from workshops.pasted import MOST_LINES, MOST_TEXT, Line, read_lines
from workshops.places import MOST_SESSIONS
from workshops.prospects import Prospect
from workshops.refusals import Refused
from workshops.routes import wording
from workshops.routes.forms import Form, read_form
from workshops.routes.office.line_answers import INVITE, Answer, answer_lines, asked_words
from workshops.routes.office.people_words import phone
from workshops.routes.office.slot_choice import Ticked, invalid_faults, read_ticked, refusal_faults
from workshops.routes.pages import locale_of, office_page

Asked = Request[Any, Any, Any]
MOST_FIELDS = 200
HOW = ("register", INVITE)


@dataclass(frozen=True, slots=True)
class Sent:
    """The form: the lines, whether they are registered or invited, into which slots, and what else was said."""

    form: Form
    how: str
    text: str
    lines: Sequence[Line]
    ticked: Ticked

    @property
    def waits(self) -> bool:
        """Whether a full slot is waited for."""
        return self.form.one("wait") == "true" or bool(self.ticked.waits)


@get("/office/events/{event:str}/people/paste")
async def show_form(request: Asked, event: FromPath[str]) -> Response[Any]:
    """The lines, and what to do with them."""
    who = await adviser(request)
    chosen = [("sessions", one) for one in request.query_params.getall("slot", [])[:MOST_SESSIONS]]
    return await _form_page(request, who, await people.day(who, event), Form(tuple(chosen)))


@post("/office/events/{event:str}/people/paste", status_code=HTTP_200_OK)
async def preview(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """What each line would do. Nothing is written yet."""
    who, sent = await adviser(request), _read(body)
    row, stalls = await people.day(who, event), await openings(event, who)
    if sent.form.one("edit"):
        return await _form_page(request, who, row, sent.form)
    faults = _faults(sent, stalls)
    if faults:
        return await _form_page(request, who, row, sent.form, faults, Invalid.status)
    try:
        found = await _judge(event, sent, who)
    except (Refused, Invalid) as error:
        return await _form_page(request, who, row, sent.form, _said(request, error, stalls, row), error.status)
    await audit.listed(who, "paste", event, len(found))
    words = asked_words(found, sent.ticked, stalls, locale_of(request), row["zone"])
    return office_page(
        "paste_preview.html",
        request,
        who,
        event=row,
        sent=sent,
        lines=words,
        good=sum(1 for one in found if one.does != prospects.REFUSED),
        phone=phone,
        once=new_id(),
    )


@post("/office/events/{event:str}/people/paste/confirmation", status_code=HTTP_200_OK)
async def confirm(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Each line decides for itself. Sent twice, done once: a line's key is that of the form and its number."""
    who, sent = await adviser(request), _read(body)
    row, stalls = await people.day(who, event), await openings(event, who)
    once = sent.form.one("once")
    faults = _faults(sent, stalls)
    if faults or not is_id(once):
        return await _form_page(request, who, row, sent.form, faults, Invalid.status)
    answers = await answer_lines(event, sent.lines, sent.how, sent.ticked, sent.waits, once, who)
    await audit.listed(who, "paste", event, len(answers))
    return office_page(
        "paste_done.html",
        request,
        who,
        event=row,
        sent=sent,
        answers=[one.in_words(stalls, locale_of(request), row["zone"]) for one in answers],
        done=sum(1 for one in answers if one.is_good),
        phone=phone,
        left="\n".join(one.line.text for one in answers if _is_left(one)),
    )


def _is_left(answer: Answer) -> bool:
    return not answer.is_good and answer.line.same_as is None


async def _judge(event: str, sent: Sent, who: Staff) -> list[Prospect]:
    if sent.how == INVITE:
        return await prospects.to_invite(event, sent.lines, who)
    return await prospects.to_register(event, sent.lines, sent.ticked.sessions, sent.ticked.holds, sent.waits, who)


def _read(body: bytes) -> Sent:
    form = read_form(body, MOST_FIELDS)
    how = form.one("how") if form.one("how") in HOW else HOW[0]
    text = form.one("lines")
    return Sent(form, how, text, read_lines(text, needs_contact=how == INVITE), read_ticked(form.all("sessions")))


def _faults(sent: Sent, stalls: Sequence[Stall]) -> tuple[Fault, ...]:
    """What keeps every line from going."""
    faults = []
    if not sent.lines:
        faults.append(Fault("lines", _("Paste at least one line.")))
    if len(sent.text) > MOST_TEXT:
        faults.append(Fault("lines", _("This is too long: at most %(max)s characters."), {"max": MOST_TEXT}))
    if sent.form.one("told") != "true":
        faults.append(Fault("told", _("Ask each person first, and tell them: then tick this.")))
    if sent.how != INVITE:
        if not sent.ticked.sessions:
            faults.append(Fault("sessions", _("Choose at least one time slot of this day.")))
        if len(sent.ticked.sessions) > MOST_SESSIONS:
            faults.append(Fault("sessions", _("Choose at most %(max)s time slots."), {"max": MOST_SESSIONS}))
        if any(stall.kind == "stand" for stall in stalls) and sent.form.one("aged") != "true":
            faults.append(Fault("aged", _("Only people of 16 and over can be pasted. Book for the others one by one.")))
    return tuple(faults)


def _said(request: Asked, error: Refused | Invalid, stalls: list[Stall], row: dict[str, Any]) -> tuple[Fault, ...]:
    if isinstance(error, Invalid):
        return invalid_faults(error)
    return refusal_faults(error, stalls, leads=False, locale=locale_of(request), zone=row["zone"])


async def _form_page(
    request: Asked,
    who: Staff,
    row: dict[str, Any],
    form: Form,
    faults: tuple[Fault, ...] = (),
    status: int = HTTP_200_OK,
) -> Response[Any]:
    is_on = row["status"] == "published" and row["ends_at"] > utcnow()
    return office_page(
        "paste.html",
        request,
        who,
        status=status,
        event=row,
        is_on=is_on,
        stalls=await openings(row["id"], who) if is_on else [],
        chosen=form.all("sessions"),
        values={name: form.one(name) for name in ("lines", "how", "told", "aged", "wait")},
        errors=wording.errors_in(faults, locale_of(request)),
        most=MOST_LINES,
    )


ROUTES = [show_form, preview, confirm]
