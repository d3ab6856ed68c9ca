"""An adviser invites a person: by mail, or with only a phone by a link on paper."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER
from markupsafe import Markup

from workshops import audit, people, referrals, referred
from workshops.access import adviser
from workshops.actors import Staff
from workshops.database import utcnow
from workshops.errors import Fault, Invalid
from workshops.fields import Answers, email_address, line, personal_name, phone_number
from workshops.i18n import _, translate
from workshops.idempotency import body_hash
from workshops.ids import new_id
from workshops.pasted import REFERENCE
from workshops.referrals import Invitee
from workshops.refusals import Refused
from workshops.routes import wording
from workshops.routes.forms import Form, read_form
from workshops.routes.office import referred_words
from workshops.routes.office.people_words import phone
from workshops.routes.pages import locale_of, office_page
from workshops.routes.reading import read_key
from workshops.tickets import qr_svg

Asked = Request[Any, Any, Any]
FIELDS = ("first_name", "last_name", "email", "phone", "reference")


@get("/office/events/{event:str}/people/invite")
async def show_form(request: Asked, event: FromPath[str]) -> Response[Any]:
    """Whom to invite."""
    who = await adviser(request)
    return _form_page(request, who, await people.day(who, event), Form(()))


@post("/office/events/{event:str}/people/invite")
async def invite(request: Asked, event: FromPath[str], body: RawBody) -> Response[Any]:
    """Invite them. Sent twice, done once: the form holds a key of its own."""
    who, form = await adviser(request), read_form(body)
    row = await people.day(who, event)
    try:
        invitee = read_invitee({name: form.one(name) for name in FIELDS})
        key = read_key(body_hash(body), f"invite:{event}", who, body)
        done = await referrals.invite(event, invitee, who, key)
    except Invalid as error:
        return _form_page(request, who, row, form, error.faults, error.status)
    except Refused as error:
        return _form_page(request, who, row, form, (Fault("first_name", error.title),), error.status)
    if done.url is None:
        return Redirect(f"/office/people?event={event}&done=invited", status_code=HTTP_303_SEE_OTHER)
    return Redirect(f"/office/invitations/{done.id}", status_code=HTTP_303_SEE_OTHER)


@get("/office/invitations/{referral:str}")
async def show_invitation(request: Asked, referral: FromPath[str]) -> Response[Any]:
    """What became of it; to print and hand over where no message carries it."""
    who = await adviser(request)
    row = await referred.invitation(referral, who)
    await audit.listed(who, "invitation", row["event"], 1)
    label = translate(locale_of(request), _("QR code of the invitation"))
    return office_page(
        "invitation.html",
        request,
        who,
        invitation=row,
        town=wording.commune_name(row["commune"]),
        qr=Markup(qr_svg(row["url"].upper(), label)) if row["url"] else None,  # noqa: S704 - our own markup
        message=referred_words.message(row),
        phone=phone,
        done=referred_words.DONE.get(request.query_params.get("done", ""), ""),
    )


@post("/office/invitations/{referral:str}/send")
async def send_again(request: Asked, referral: FromPath[str]) -> Response[Any]:
    """Send the message once more."""
    who = await adviser(request)
    done = await referrals.send_again(referral, who)
    return Redirect(f"/office/invitations/{referral}{'?done=sent' if done else ''}", status_code=HTTP_303_SEE_OTHER)


@post("/office/invitations/{referral:str}/withdrawal")
async def withdraw(request: Asked, referral: FromPath[str]) -> Response[Any]:
    """Let the link open nothing more."""
    who = await adviser(request)
    await referrals.withdraw(referral, who)
    return Redirect("/office/people?done=withdrawn", status_code=HTTP_303_SEE_OTHER)


def read_invitee(values: dict[str, Any]) -> Invitee:
    """Whom to invite, with every fault named. Raises Invalid."""
    answers = Answers(values)
    first = answers.read("first_name", personal_name(), _("Write the first name."))
    last = answers.read("last_name", personal_name())
    before = len(answers.faults)
    email, number = answers.read("email", email_address), answers.read("phone", phone_number)
    if not (email or number) and len(answers.faults) == before:
        answers.fault("email", _("Give an e-mail address or a mobile number."))
    reference = answers.read("reference", line(REFERENCE))
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    return Invitee(first or "", last, email, number, reference)


def _form_page(
    request: Asked,
    who: Staff,
    row: dict[str, Any],
    form: Form,
    faults: tuple[Fault, ...] = (),
    status: int = HTTP_200_OK,
) -> Response[Any]:
    return office_page(
        "invite.html",
        request,
        who,
        status=status,
        event=row,
        is_on=row["status"] == "published" and row["ends_at"] > utcnow(),
        values={name: form.one(name) for name in FIELDS},
        errors=wording.errors_in(faults, locale_of(request)),
        once=new_id(),
    )


ROUTES = [show_form, invite, show_invitation, send_again, withdraw]
