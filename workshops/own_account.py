"""What members of staff do with their own account: password, second factor, browsers, name and language.

Whatever gives lasting access asks for the password again, so that an unguarded screen gives none away.
"""

from dataclasses import dataclass
from datetime import datetime

from workshops import audit, fields, logins, passwords, second_factor, throttle
from workshops.actors import Staff
from workshops.database import fetch, fetch_one, transaction, utcnow
from workshops.errors import Fault, Invalid, NotFound, SignInNeeded
from workshops.i18n import LOCALES, _
from workshops.ids import is_id
from workshops.throttle import Place

NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Device:
    """A signed-in browser: `label` says which one ("Firefox on Windows"), `is_current` that it is the one that asks."""

    id: str
    label: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


async def devices(staff: Staff) -> list[Device]:
    """The browsers that are signed in, this one first, then those seen last."""
    now = utcnow()
    rows = await fetch(
        "SELECT id, label, created_at, last_seen_at FROM login WHERE account = {} AND revoked_at IS NULL "
        "AND proved_at IS NOT NULL AND expires_at > {} AND last_seen_at > {} ORDER BY last_seen_at DESC, id",
        *(staff.account, now, now - logins.IDLE),
    )
    found = [Device(**row, is_current=row["id"] == staff.login) for row in rows]
    return sorted(found, key=lambda device: not device.is_current)


async def has_second_factor(staff: Staff) -> bool:
    """Whether a code is asked for at sign-in."""
    row = await fetch_one("SELECT totp_step FROM account WHERE id = {}", staff.account)
    return row is not None and row["totp_step"] is not None


async def sign_out_device(login: str, staff: Staff) -> None:
    """End one of one's own browsers. Raises NotFound."""
    now = utcnow()
    async with transaction():
        ended = is_id(login) and await fetch(
            "UPDATE login SET revoked_at = {} WHERE id = {} AND account = {} AND revoked_at IS NULL RETURNING id",
            *(now, login, staff.account),
        )
        if not ended:
            raise NotFound
        await audit.note(staff, "sign_out_device", "account", staff.account, now=now)


async def sign_out_everywhere(staff: Staff) -> int:
    """End every login, this one too; return how many there were."""
    now = utcnow()
    async with transaction():
        ended = await logins.revoke_all(staff.account, now)
        await audit.note(staff, "sign_out_everywhere", "account", staff.account, people=ended, now=now)
    return ended


async def change_password(current: str, new: str, token: str, staff: Staff) -> str:
    """Change the password and end every other login; return the new token of this one, whose old one is `token`.

    Raises Invalid (fields `current`, `password`), TooManyTries, TooBusy, SignInNeeded.
    """
    await _require_password(current, staff)
    if current == new:
        raise Invalid(faults=(Fault("password", _("This is your present password. Choose another one.")),))
    kept = await passwords.new_hash(new, staff.email, staff.name, await _organisation(staff))
    now = utcnow()
    async with transaction():
        await fetch("UPDATE account SET password_hash = {} WHERE id = {}", kept, staff.account)
        await logins.revoke_all(staff.account, now, but=staff.login)
        renewed = await logins.renew(staff.login, token, now)
        if renewed is None:
            raise SignInNeeded
        await audit.note(staff, "change_password", "account", staff.account, now=now)
    return renewed


async def change_second_factor(sealed: bytes, code: str, current: str, staff: Staff) -> list[str]:
    """Take codes from another phone from now on; return ten new recovery codes.

    Raises Invalid (fields `current`, `code`), TooManyTries, TooBusy.
    """
    await _require_password(current, staff)
    now = utcnow()
    async with transaction():
        codes = await second_factor.set_up(staff.account, sealed, code, now, first=False)
        if codes is not None:
            await audit.note(staff, "set_up_second_factor", "account", staff.account, now=now)
    if codes is None:
        raise Invalid(faults=(Fault("code", _("This code is not right. Wait for the next one, then try again.")),))
    return codes


async def new_recovery_codes(current: str, staff: Staff) -> list[str]:
    """Ten codes in place of the old ones. Raises Invalid (field `current`), NotFound, TooManyTries, TooBusy."""
    if not await has_second_factor(staff):
        raise NotFound
    await _require_password(current, staff)
    now = utcnow()
    async with transaction():
        codes = await second_factor.new_recovery_codes(staff.account)
        await audit.note(staff, "new_recovery_codes", "account", staff.account, now=now)
    return codes


async def change_details(name: str, locale: str, staff: Staff) -> None:
    """Change one's name, and the language of one's mail and pages. Raises Invalid (fields `name`, `locale`)."""
    answers = fields.Answers({"name": name, "locale": locale})
    new = {
        "name": answers.read("name", fields.line(NAME_LENGTH), missing=_("Write your name.")),
        "locale": answers.read("locale", fields.one_of(LOCALES), missing=_("Choose from the list only.")),
    }
    if answers.faults:
        raise Invalid(faults=tuple(answers.faults))
    old, now = {"name": staff.name, "locale": staff.locale}, utcnow()
    async with transaction():
        await fetch("UPDATE account SET name = {}, locale = {} WHERE id = {}", *(*new.values(), staff.account))
        await audit.note(staff, "change_details", "account", staff.account, before=old, after=new, now=now)


async def _require_password(given: str, staff: Staff) -> None:
    """Raise Invalid, naming `current`, unless this is the password; a login has five tries in a quarter of an hour."""
    place = Place("", known=staff.login)
    await throttle.count_try("current", staff.account, place, utcnow())
    row = await fetch_one("SELECT password_hash FROM account WHERE id = {}", staff.account)
    if not await passwords.matches(given, row["password_hash"] if row else None):
        raise Invalid(faults=(Fault("current", _("This is not your present password.")),))
    await throttle.forget_tries("current", staff.account, place)


async def _organisation(staff: Staff) -> str:
    row = await fetch_one("SELECT name FROM organisation WHERE id = {}", staff.organisation)
    return str(row["name"]) if row else ""
