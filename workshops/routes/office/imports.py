"""The programme of a day from a spreadsheet: sent or pasted, answered row by row, confirmed, undone."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from workshops import imports
from workshops.access import staff
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid
from workshops.i18n import _
from workshops.imports import UNDONE_WITHIN, Answer, ImportChanged, ImportInUse, Run
from workshops.imports.columns import LABELS
from workshops.rights import led_event
from workshops.routes import wording
from workshops.routes.forms import Form, read_form
from workshops.routes.pages import locale_of, office_page
from workshops.routes.uploads import UPLOAD_BYTES, read_upload
from workshops.sheets import SheetRefused
from workshops.tables.people import Role

Asked = Request[Any, Any, Any]
PAGE = 100
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


@get([f"/office/imports/template.{kind}" for kind in MEDIA])
async def show_template(request: Asked) -> Response[bytes]:
    """An empty sheet to fill in, with the headings that are read."""
    await staff(request, Role.ORGANISER)
    kind = request.scope["path"].rpartition(".")[2]
    content = imports.template(kind, locale_of(request))
    name = {"Content-Disposition": f'attachment; filename="ateliers.{kind}"'}
    return Response(content, media_type=MEDIA[kind], headers=name)


@get("/office/events/{event:str}/imports")
async def show_upload(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Where a file is sent or a list pasted, and what was imported before."""
    return await _upload_page(request, await staff(request, Role.ORGANISER), event)


@post("/office/events/{event:str}/imports", request_max_body_size=UPLOAD_BYTES)
async def send_upload(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Read it, and show what it would make."""
    who = await staff(request, Role.ORGANISER)
    await led_event(who, event)  # whose it is, before anything is read
    fields = read_upload(request.headers.get("content-type", ""), await request.body())
    file, pasted = fields.get("file", b""), fields.get("pasted", b"").strip()
    name = "pasted" if pasted and not file else "file"
    if not (file or pasted):
        return await _upload_page(request, who, event, Invalid(faults=(Fault(name, _NEITHER),)))
    try:
        run = await imports.preview(event, file or pasted, who)
    except (SheetRefused, Invalid) as refused:
        refused.faults = tuple(Fault(name, fault.message, fault.limits) for fault in refused.faults)
        return await _upload_page(request, who, event, refused, pasted.decode("utf-8", "replace"))
    return Redirect(f"/office/imports/{run}", status_code=HTTP_303_SEE_OTHER)


_NEITHER = _("Choose a file, or paste your list.")


@get("/office/imports/{run:str}")
async def show_run(
    request: Asked, run: FromPath[str], page: FromQuery[int] = 1, only: FromQuery[str] = ""
) -> Response[Any]:
    """An answer for every row, and the button that carries it out; afterwards what was made."""
    who = await staff(request, Role.ORGANISER)
    return await _run_page(request, who, await imports.look(run, who), page=page, only=only)


@post("/office/imports/{run:str}/confirmation")
async def confirm_run(request: Asked, run: FromPath[str], body: RawBody) -> Response[Any]:
    """Make what was announced."""
    who, form = await staff(request, Role.ORGANISER), read_form(body)
    shown = tuple(int(form.one(name)) if form.one(name).isdecimal() else -1 for name in ("workshops", "slots"))
    ticked = {name: form.one(name) == "true" for name in ("leave_out", "anyway")}
    try:
        await imports.confirm(run, (shown[0], shown[1]), who, **ticked)
    except (Invalid, ImportChanged) as refused:
        return await _run_page(request, who, await imports.look(run, who), refused, form)
    return Redirect(f"/office/imports/{run}", status_code=HTTP_303_SEE_OTHER)


@post("/office/imports/{run:str}/undo")
async def undo_run(request: Asked, run: FromPath[str]) -> Response[Any]:
    """Take away what it made; where something has come of it, say what."""
    who = await staff(request, Role.ORGANISER)
    try:
        await imports.undo(run, who)
    except ImportInUse as refused:
        return await _run_page(request, who, await imports.look(run, who), refused)
    return Redirect(f"/office/imports/{run}", status_code=HTTP_303_SEE_OTHER)


async def _upload_page(
    request: Asked, who: Staff, event: str, refused: SheetRefused | Invalid | None = None, pasted: str = ""
) -> Response[Any]:
    day = await led_event(who, event)
    return office_page(
        "imports/upload.html",
        request,
        who,
        status=refused.status if refused else 200,
        errors=wording.errors_in(refused.faults, locale_of(request)) if refused else [],
        day=day,
        pasted=pasted,
        labels=LABELS,
        earlier=await imports.earlier(event, who),
    )


async def _run_page(
    request: Asked,
    who: Staff,
    run: Run,
    refused: Invalid | ImportChanged | ImportInUse | None = None,
    form: Form | None = None,
    *,
    page: int = 1,
    only: str = "",
) -> Response[Any]:
    faulty = [answer for answer in run.answers if not answer.is_good]
    listed = {"faulty": faulty, "clashing": run.clashing}.get(only, list(run.answers))
    pages = max(1, -(-len(listed) // PAGE))
    page = min(max(page, 1), pages)
    return office_page(
        "imports/made.html" if run.confirmed_at else "imports/run.html",
        request,
        who,
        status=refused.status if refused else 200,
        errors=wording.errors_in(refused.faults, locale_of(request)) if refused else [],
        refused=refused,
        run=run,
        form=form or Form(()),
        faulty=len(faulty),
        listed=listed[(page - 1) * PAGE : page * PAGE],
        page=page,
        pages=pages,
        only=only,
        labels=LABELS,
        places=_places,
        may_undo=bool(run.confirmed_at and not run.undone_at and run.confirmed_at > utcnow() - UNDONE_WITHIN),
    )


def _places(answer: Answer) -> tuple[int, int]:
    """The fewest and the most places of its slots."""
    numbers = [places for _window, places in answer.slots]
    return min(numbers), max(numbers)


ROUTES = [show_template, show_upload, send_upload, show_run, confirm_run, undo_run]
