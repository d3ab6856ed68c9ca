"""Accounts of staff, as an admin keeps them: invited by mail, changed, closed with a successor, opened again.

Every verb raises NotAllowed unless its actor is an admin, and NotFound for an account that does not exist.
"""

from datetime import datetime, timedelta
from typing import Any

from workshops import audit, fields, logins, mail, second_factor
from workshops.actors import Actor
from workshops.database import fetch, fetch_one, for_update, is_unique_violation, transaction, utcnow
from workshops.errors import Fault, Invalid, NotAllowed, NotFound, WorkshopsError
from workshops.fields import Answers
from workshops.i18n import DEFAULT, _
from workshops.ids import is_id, new_id
from workshops.mail import Kind
from workshops.tables.people import Role

INVITED_FOR = timedelta(days=7)
NAME_LENGTH = 120
Row = dict[str, Any]


class LastAdmin(WorkshopsError):
    """Without an admin nobody could make one again but on the server."""

    status = 409
    type = "last-admin"
    title = _("This is the last admin: make another one first")


class OwnAccount(WorkshopsError):
    """Nobody takes their own rights away by mistake."""

    status = 409
    type = "own-account"
    title = _("This is your own account: another admin has to do this")


async def invite(email: str, name: str, role: str, organisation: str, actor: Actor) -> str:
    """Make the account of a member of staff and invite them to choose a password; return its id.

    `name` may be empty; `organisation` is a slug, which every role but admin needs. Raises Invalid.
    """
    _require_admin(actor)
    answers = Answers({"email": email, "name": name, "role": role, "organisation": organisation})
    address = answers.read("email", fields.email_address, missing=_("Write their e-mail address."))
    rights = await _read_rights(answers)
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    now, identity = utcnow(), new_id()
    row = {"id": identity, "email": address, **rights, "locale": DEFAULT, "created_at": now}
    try:
        async with transaction():
            await fetch(
                f"INSERT INTO account ({', '.join(row)}) VALUES ({', '.join(['{}'] * len(row))})", *row.values()
            )
            await _send_invitation(identity, str(address), now)
            await audit.note(actor, "invite_account", "account", identity, after=_rights(row), now=now)
    except Exception as error:
        if is_unique_violation(error):
            raise Invalid(faults=(Fault("email", _("There is an account of this address already.")),)) from None
        raise
    return identity


async def invite_again(account: str, actor: Actor) -> None:
    """Send a new invitation to somebody who has not chosen a password yet, at most one a minute."""
    _require_admin(actor)
    now = utcnow()
    async with transaction():
        row = await _locked(account)
        if row["password_hash"] or row["closed_at"]:
            raise NotFound
        await _send_invitation(account, row["email"], now)
        await audit.note(actor, "invite_account_again", "account", account, now=now)


async def change(account: str, name: str, role: str, organisation: str, actor: Actor) -> None:
    """Give an account another name, role or organisation (a slug); with other rights it signs in anew.

    Raises Invalid, OwnAccount, LastAdmin.
    """
    _require_admin(actor)
    answers = Answers({"name": name, "role": role, "organisation": organisation})
    new, now = await _read_rights(answers), utcnow()
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    async with transaction():
        row = await _locked(account)
        if _rights(row) != _rights(new):
            _require_other(account, actor)
            if row["is_last_admin"] and new["role"] != Role.ADMIN:
                raise LastAdmin
            await logins.revoke_all(account, now)
        await fetch(
            "UPDATE account SET name = {}, role = {}, organisation = {} WHERE id = {}", *(*new.values(), account)
        )
        await audit.note(
            actor,
            "change_account",
            "account",
            account,
            before={**_rights(row), "name": row["name"]},
            after=new,
            now=now,
        )


async def close(account: str, successor: str | None, actor: Actor) -> None:
    """Close an account: its sign-ins and links end at once. `successor`: who takes over, of the same organisation.

    Again: nothing more happens. Raises Invalid, OwnAccount, LastAdmin.
    """
    _require_admin(actor)
    now = utcnow()
    async with transaction():
        row = await _locked(account)
        if row["closed_at"]:
            return
        _require_other(account, actor)
        if row["is_last_admin"]:
            raise LastAdmin
        if successor:
            await _require_colleague(row, successor)
        await fetch("UPDATE account SET closed_at = {}, successor = {} WHERE id = {}", now, successor or None, account)
        await logins.revoke_all(account, now)
        await audit.note(actor, "close_account", "account", account, after={"successor": successor or None}, now=now)


async def reopen(account: str, actor: Actor) -> None:
    """Open a closed account again: it is invited to choose a new password."""
    _require_admin(actor)
    now = utcnow()
    async with transaction():
        row = await _locked(account)
        if not row["closed_at"]:
            return
        await fetch(
            "UPDATE account SET closed_at = NULL, successor = NULL, password_hash = NULL WHERE id = {}", account
        )
        await _send_invitation(account, row["email"], now)
        await audit.note(actor, "reopen_account", "account", account, now=now)


async def reset_second_factor(account: str, actor: Actor) -> None:
    """Forget the phone and the recovery codes of somebody who has lost them; the next sign-in sets up new ones."""
    _require_admin(actor)
    now = utcnow()
    async with transaction():
        await _locked(account)
        await second_factor.remove(account)
        await logins.revoke_all(account, now)
        await audit.note(actor, "reset_second_factor", "account", account, now=now)


async def reset_by_address(email: str, actor: Actor) -> None:
    """As `reset_second_factor`, for the account of an address."""
    row = await fetch_one("SELECT id FROM account WHERE email = {}", email.strip().lower())
    await reset_second_factor(row["id"] if row else "", actor)


async def _send_invitation(account: str, address: str, now: datetime) -> None:
    """Its link is made by whoever writes the message: `workshops account add` may have no SECRET_KEY."""
    await mail.enqueue_to(
        Kind.STAFF_INVITATION,
        dedup=f"staff_invitation:{account}:{now:%Y%m%d%H%M}",
        address=address,
        account=account,
        now=now,
        expires_at=now + INVITED_FOR,
    )


async def _locked(account: str) -> Row:
    """The account and, in the same order for everybody, every open admin; `is_last_admin` if nobody else is one."""
    rows = await fetch(
        f"SELECT * FROM account WHERE id = {{}} OR (role = 'admin' AND closed_at IS NULL) ORDER BY id{for_update()}",
        account if is_id(account) else "",
    )
    row = next((one for one in rows if one["id"] == account), None)
    if row is None:
        raise NotFound
    return row | {"is_last_admin": row["role"] == Role.ADMIN and not row["closed_at"] and len(rows) == 1}


async def _require_colleague(row: Row, successor: str) -> None:
    """Raise Invalid unless somebody may take an account over: open, of the same organisation; of none, an admin."""
    other = await fetch_one(
        "SELECT id, role, organisation FROM account WHERE id = {} AND id <> {} AND closed_at IS NULL",
        *(successor, row["id"]),
    )
    if (
        not other
        or other["organisation"] != row["organisation"]
        or not (other["organisation"] or other["role"] == Role.ADMIN)
    ):
        raise Invalid(faults=(Fault("successor", _("Choose from the list only.")),))


async def _read_rights(answers: Answers) -> Row:
    """Name, role and organisation (its id) as the account keeps them; what is wrong with them is noted in `answers`."""
    role = answers.read("role", fields.one_of(list(Role)), missing=_("Choose what this person does."))
    slug = answers.read("organisation", fields.line(60))
    owner = slug and await fetch_one("SELECT id FROM organisation WHERE slug = {} AND archived_at IS NULL", slug)
    if slug and not owner:
        answers.fault("organisation", _("There is no such organisation."))
    elif not slug and role and role != Role.ADMIN:
        answers.fault("organisation", _("Every role but admin needs an organisation."))
    name = answers.read("name", fields.line(NAME_LENGTH)) or ""
    return {"name": name, "role": role, "organisation": owner["id"] if owner else None}


def _rights(row: Row) -> Row:
    return {"role": row["role"], "organisation": row["organisation"]}


def _require_admin(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise NotAllowed


def _require_other(account: str, actor: Actor) -> None:
    if actor.id == f"account:{account}":
        raise OwnAccount
