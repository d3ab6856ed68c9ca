"""Accounts: invited, changed, closed, opened again; the links by which a password is chosen; one's own account."""

import asyncio
import re
from collections.abc import Awaitable
from typing import Any

import pytest

from tests import factories
from tests.colleagues import ELSEWHERE, HOME, PASSWORD, Clock, Colleague, clock, colleague, signed_in
from tests.postbox import production
from workshops import account_links, accounts, credentials, letters, own_account, roster, sign_in, totp
from workshops.account_links import MOST_AN_HOUR
from workshops.accounts import LastAdmin, OwnAccount
from workshops.actors import Actor
from workshops.database import Engine, fetch, fetch_one, utcnow
from workshops.errors import Invalid, NotAllowed, NotFound, SignInNeeded
from workshops.letters import Notice
from workshops.logins import Step
from workshops.mail_links import LinkPurpose, MailLinkExpired, MailLinkUsed
from workshops.sign_in import NotRecognised
from workshops.tables.people import Role
from workshops.throttle import TooManyTries

__all__ = ["clock", "production"]
CHIEF = Actor("account:chief", Role.ADMIN)
NEW = "sabot lanterne vélo perron"


async def faults(work: Awaitable[Any]) -> list[str]:
    """The fields that are refused."""
    with pytest.raises(Invalid) as refused:
        await work
    return [fault.name for fault in refused.value.faults]


async def letter(kind: str) -> Notice | None:
    """What the newest message of this kind says now."""
    rows = await fetch("SELECT * FROM message WHERE kind = {} ORDER BY created_at DESC, id LIMIT 1", kind)
    loaded = await letters.load(rows[0])
    assert loaded is None or isinstance(loaded, Notice)
    return loaded


async def secret(kind: str) -> str:
    """What the link of the newest message of this kind ends in."""
    notice = await letter(kind)
    assert notice
    return str(notice.shown["link"]).rpartition("/")[2]


async def actions() -> list[str]:
    """What the journal holds."""
    return [row["action"] for row in await fetch("SELECT action FROM audit_entry ORDER BY at, id")]


async def row_of(who: Colleague) -> dict[str, Any]:
    """The account as it is stored."""
    row = await fetch_one("SELECT * FROM account WHERE id = {}", who.id)
    assert row
    return row


async def test_somebody_is_invited_chooses_a_password_and_is_asked_for_their_app(db: Engine, production: None) -> None:
    agency = await factories.organisation(name="Mission locale")
    await accounts.invite(" Zoe@Example.org ", "", "adviser", agency["slug"], CHIEF)
    notice = await letter("staff_invitation")
    assert notice
    assert (notice.address, notice.shown["organisation"]) == ("zoe@example.org", "Mission locale")
    link = await secret("staff_invitation")
    assert notice.shown["link"] == f"https://ateliers.example.org/invitation/{link}"  # the same at every attempt
    assert (await account_links.offered(link, LinkPurpose.INVITATION))["email"] == "zoe@example.org"
    with pytest.raises(NotFound):  # one purpose
        await account_links.offered(link, LinkPurpose.PASSWORD)
    assert await faults(choose(link, "motdepasse1234")) == ["password"]
    assert await faults(choose(link, NEW, name=" ")) == ["name"]
    signed = await choose(link, NEW)
    assert signed.step is Step.SET_UP
    with pytest.raises(SignInNeeded):
        await sign_in.signed_in(signed.token)
    for again in (choose(link, PASSWORD), account_links.offered(link, LinkPurpose.INVITATION)):
        with pytest.raises(MailLinkUsed):
            await again
    assert await letter("staff_invitation") is None
    assert (await sign_in.with_password("zoe@example.org", NEW, HOME)).step is Step.SET_UP
    assert await actions() == ["invite_account", "choose_password"]
    assert "zoe" not in str(await fetch("SELECT changes FROM audit_entry")).lower()
    assert link not in str(await fetch("SELECT * FROM mail_link"))


async def choose(link: str, password: str, *, name: str = "Zoé Lefèvre", purpose: str = "invitation") -> Any:
    """Choose a password by a link."""
    return await account_links.choose_password(link, LinkPurpose(purpose), password, name, HOME)


async def test_an_invitation_is_good_for_a_week(db: Engine, clock: Clock, production: None) -> None:
    await accounts.invite("zoe@example.org", "", "admin", "", CHIEF)
    link = await secret("staff_invitation")
    clock.turn(days=6, hours=23)
    await account_links.offered(link, LinkPurpose.INVITATION)
    clock.turn(hours=1, minutes=1)
    with pytest.raises(MailLinkExpired):
        await choose(link, NEW)


async def test_of_two_who_use_a_link_at_once_one_chooses(db: Engine, production: None) -> None:
    await accounts.invite("zoe@example.org", "", "admin", "", CHIEF)
    link = await secret("staff_invitation")
    outcomes = await asyncio.gather(choose(link, NEW), choose(link, PASSWORD), return_exceptions=True)
    assert sorted(isinstance(one, MailLinkUsed) for one in outcomes) == [False, True]


async def test_whom_nobody_invites(db: Engine) -> None:
    archived = await factories.organisation(archived_at=utcnow())
    await accounts.invite("chef@example.org", "", "admin", "", CHIEF)
    assert await faults(accounts.invite("not an address", "x" * 121, "queen", "nowhere", CHIEF)) == [
        "email",
        "role",
        "organisation",
        "name",
    ]
    assert await faults(accounts.invite("CHEF@example.org", "", "admin", "", CHIEF)) == ["email"]
    assert await faults(accounts.invite("x@example.org", "", "host", "", CHIEF)) == ["organisation"]
    assert await faults(accounts.invite("x@example.org", "", "host", archived["slug"], CHIEF)) == ["organisation"]
    assert len(await fetch("SELECT id FROM account")) == len(await fetch("SELECT id FROM message")) == 1


async def test_only_an_admin_looks_after_accounts(db: Engine) -> None:
    who = await colleague()
    for role in set(Role) - {Role.ADMIN}:
        actor = Actor("account:other", role, who.organisation)
        for refused in (
            accounts.invite("x@example.org", "", "admin", "", actor),
            accounts.invite_again(who.id, actor),
            accounts.change(who.id, "x", "admin", "", actor),
            accounts.close(who.id, None, actor),
            accounts.reopen(who.id, actor),
            accounts.reset_second_factor(who.id, actor),
            roster.everyone(actor),
            roster.one(who.id, actor),
        ):
            with pytest.raises(NotAllowed):
                await refused
    for missing in (
        accounts.invite_again("nobody", CHIEF),
        accounts.change("nobody", "x", "admin", "", CHIEF),
        accounts.close("nobody", None, CHIEF),
        accounts.reopen("nobody", CHIEF),
        accounts.reset_second_factor("no id", CHIEF),
        accounts.reset_by_address("nobody@example.org", CHIEF),
        roster.one("nobody", CHIEF),
    ):
        with pytest.raises(NotFound):
            await missing
    assert await actions() == []


async def test_with_other_rights_one_signs_in_anew(db: Engine) -> None:
    who = await colleague(Role.HOST, app=False)
    row = await fetch_one("SELECT slug FROM organisation WHERE id = {}", who.organisation)
    assert row
    token = (await signed_in(who)).token
    await accounts.change(who.id, "Zoé", "host", row["slug"], CHIEF)
    assert (await sign_in.signed_in(token)).name == "Zoé"
    await accounts.change(who.id, "Zoé", "organiser", row["slug"], CHIEF)
    with pytest.raises(SignInNeeded):
        await sign_in.signed_in(token)
    assert (await signed_in(who)).step is Step.SET_UP
    changes = [row["changes"] for row in await fetch("SELECT changes FROM audit_entry ORDER BY at, id")]
    assert changes == ['{"name": null}', '{"role": ["host", "organiser"]}']


async def test_an_account_is_closed_with_a_successor_and_opened_again(db: Engine, production: None) -> None:
    who = await colleague()
    heir = await colleague(organisation=who.organisation)
    gone = await colleague(organisation=who.organisation, closed_at=utcnow())
    foreign, token = await colleague(), (await signed_in(who)).token
    await account_links.forgot(who.email, "192.0.2.1")
    link = await secret("staff_password")
    assert [one["id"] for one in (await roster.one(who.id, CHIEF))["successors"]] == [heir.id]
    for wrong in (foreign.id, gone.id, who.id, "nobody"):
        assert await faults(accounts.close(who.id, wrong, CHIEF)) == ["successor"]
    for _ in range(2):
        await accounts.close(who.id, heir.id, CHIEF)
    with pytest.raises(SignInNeeded):
        await sign_in.signed_in(token)
    with pytest.raises(MailLinkExpired):
        await choose(link, NEW, purpose="password")
    shown = await roster.one(who.id, CHIEF)
    assert (shown["state"], shown["successor_email"]) == ("closed", heir.email)
    await accounts.reopen(who.id, CHIEF)
    assert (await roster.one(who.id, CHIEF))["state"] == "invited"
    with pytest.raises(NotRecognised):
        await sign_in.with_password(who.email, PASSWORD, HOME)
    assert (await choose(await secret("staff_invitation"), NEW)).step is Step.CODE  # the phone is still theirs
    assert await actions() == ["close_account", "reopen_account", "choose_password"]


async def test_nobody_is_left_without_an_admin(db: Engine) -> None:
    one, two = await colleague(Role.ADMIN), await colleague(Role.ADMIN)
    row = await fetch_one("SELECT slug FROM organisation WHERE id = {}", (await factories.organisation())["id"])
    assert row

    def actor(who: Colleague) -> Actor:
        return Actor(f"account:{who.id}", Role.ADMIN)

    for refused in (
        accounts.close(one.id, None, actor(one)),
        accounts.change(one.id, "", "organiser", row["slug"], actor(one)),
    ):
        with pytest.raises(OwnAccount):
            await refused
    await accounts.change(one.id, "Zoé", "admin", "", actor(one))  # but their name they may
    for _ in range(5):
        outcomes = await asyncio.gather(
            accounts.close(one.id, None, actor(two)),
            accounts.close(two.id, None, actor(one)),
            return_exceptions=True,
        )
        assert sorted(isinstance(outcome, LastAdmin) for outcome in outcomes) == [False, True]
        await fetch("UPDATE account SET closed_at = NULL")
    await accounts.close(one.id, None, actor(two))
    with pytest.raises(LastAdmin):
        await accounts.change(two.id, "", "organiser", row["slug"], CHIEF)


async def test_a_lost_phone_is_forgotten(db: Engine) -> None:
    who = await colleague()
    token = (await signed_in(who)).token
    await accounts.reset_second_factor(who.id, CHIEF)
    with pytest.raises(SignInNeeded):
        await sign_in.signed_in(token)
    assert (await sign_in.with_password(who.email, PASSWORD, ELSEWHERE)).step is Step.SET_UP


async def test_everybody_is_listed_without_secrets_and_the_list_is_kept(db: Engine) -> None:
    shown = [await colleague(), await colleague(password=None), await colleague(closed_at=utcnow())]
    listed = await roster.everyone(CHIEF)
    assert [row["state"] for row in listed] == sorted((row["state"] for row in listed), key=lambda s: s == "closed")
    assert {row["email"] for row in listed} == {one.email for one in shown}
    assert not {"password_hash", "totp_secret", "totp_step"} & set(listed[0])
    assert not {"password_hash", "totp_secret", "totp_step"} & set(await roster.one(shown[0].id, CHIEF))
    (kept,) = await fetch("SELECT action, people FROM audit_entry")
    assert (kept["action"], kept["people"]) == ("list_accounts", 3)


async def test_a_forgotten_password_is_chosen_anew_by_a_link_to_the_stored_address(
    db: Engine, production: None
) -> None:
    who = await colleague(email="zoe@example.org")
    token = (await signed_in(who)).token
    await account_links.forgot(" ZOE@example.org", "192.0.2.1")
    notice = await letter("staff_password")
    assert notice
    assert notice.address == "zoe@example.org"
    link = await secret("staff_password")
    await sign_in.signed_in(token)  # asking alone changes nothing
    signed = await choose(link, NEW, purpose="password")
    assert signed.step is Step.CODE  # the phone is still asked for
    with pytest.raises(SignInNeeded):
        await sign_in.signed_in(token)
    with pytest.raises(NotRecognised):
        await sign_in.with_password(who.email, PASSWORD, HOME)


async def test_who_asks_for_a_link_learns_nothing(db: Engine) -> None:
    who, closed = await colleague(), await colleague(closed_at=utcnow())
    await account_links.forgot("warm@example.org", "192.0.2.1")
    costs = []
    for email in ("nobody@example.org", closed.email, "", "x" * 1000):
        before = db.query_id
        await account_links.forgot(email, "192.0.2.1")
        costs.append(db.query_id - before)
    assert len(set(costs)) == 1
    assert await fetch("SELECT id FROM message") == []
    await account_links.forgot(who.email, "192.0.2.1")
    assert await fetch("SELECT token_hash FROM mail_link") == []  # the link is made by whoever writes the message
    assert len(await fetch("SELECT id FROM message")) == 1


async def test_links_are_few_whoever_asks_for_them(db: Engine, clock: Clock) -> None:
    who = await colleague()
    for number in range(MOST_AN_HOUR * 3):
        await account_links.forgot(who.email, f"192.0.2.{number}")
        clock.turn(minutes=2)
    assert len(await fetch("SELECT id FROM message")) == MOST_AN_HOUR
    clock.turn(hours=1)
    await account_links.forgot(who.email, "192.0.2.1")
    assert len(await fetch("SELECT id FROM message")) == MOST_AN_HOUR + 1
    for number in range(30):
        await account_links.forgot(f"{number}@example.org", "198.51.100.1")
    with pytest.raises(TooManyTries):
        await account_links.forgot("30@example.org", "198.51.100.1")


async def test_a_new_password_ends_every_other_link_and_the_links_of_an_address_that_was(
    db: Engine, clock: Clock, production: None
) -> None:
    who = await colleague()
    links = []
    for _ in range(3):
        await account_links.forgot(who.email, "192.0.2.1")
        links.append(await secret("staff_password"))
        clock.turn(minutes=2)
    await choose(links[1], NEW, purpose="password")
    for link in links:
        with pytest.raises(MailLinkUsed):
            await choose(link, PASSWORD, purpose="password")
    clock.turn(hours=2)
    await account_links.forgot(who.email, "192.0.2.1")
    link = await secret("staff_password")
    await fetch("UPDATE account SET email = 'other@example.org' WHERE id = {}", who.id)
    with pytest.raises(MailLinkExpired):
        await choose(link, PASSWORD, purpose="password")


async def test_one_changes_one_s_password_and_other_browsers_are_signed_out(db: Engine, clock: Clock) -> None:
    who = await colleague()
    here = (await signed_in(who, HOME, clock.now)).token
    clock.turn(minutes=16)
    there = (await signed_in(who, ELSEWHERE, clock.now)).token
    staff = await sign_in.signed_in(here)
    assert await faults(own_account.change_password("wrong", NEW, here, staff)) == ["current"]
    assert await faults(own_account.change_password(PASSWORD, PASSWORD, here, staff)) == ["password"]
    assert await faults(own_account.change_password(PASSWORD, f"{staff.name} 2026", here, staff)) == ["password"]
    assert await faults(own_account.change_password(PASSWORD, "short", here, staff)) == ["password"]
    renewed = await own_account.change_password(PASSWORD, NEW, here, staff)
    assert (await sign_in.signed_in(renewed)).login == staff.login
    for ended in (here, there):
        with pytest.raises(SignInNeeded):
            await sign_in.signed_in(ended)
    with pytest.raises(NotRecognised):
        await sign_in.with_password(who.email, PASSWORD, HOME)


async def test_an_unguarded_screen_does_not_let_the_password_be_guessed(db: Engine) -> None:
    who = await colleague()
    token = (await signed_in(who)).token
    staff = await sign_in.signed_in(token)
    for _ in range(5):
        assert await faults(own_account.new_recovery_codes("wrong", staff)) == ["current"]
    for refused in (
        own_account.new_recovery_codes(PASSWORD, staff),
        own_account.change_password(PASSWORD, NEW, token, staff),
        own_account.change_second_factor(b"", "1", PASSWORD, staff),
    ):
        with pytest.raises(TooManyTries):
            await refused
    assert (await sign_in.with_password(who.email, PASSWORD, ELSEWHERE)).step is Step.CODE  # and locks nobody out


async def test_one_changes_one_s_phone_and_codes(db: Engine, clock: Clock) -> None:
    who, secret = await colleague(), totp.new_secret()
    staff = await sign_in.signed_in((await signed_in(who, now=clock.now)).token)
    sealed, code = totp.seal(secret, who.id), totp.next_code(secret, clock.now)
    assert await faults(own_account.change_second_factor(sealed, code, "wrong", staff)) == ["current"]
    assert await faults(own_account.change_second_factor(sealed, "000000", PASSWORD, staff)) == ["code"]
    codes = await own_account.change_second_factor(sealed, code, PASSWORD, staff)
    newer = await own_account.new_recovery_codes(PASSWORD, staff)
    assert (len(codes), len(newer), len({*codes, *newer})) == (10, 10, 20)
    host = await colleague(Role.HOST, app=False)
    with pytest.raises(NotFound):
        await own_account.new_recovery_codes(PASSWORD, await sign_in.signed_in((await signed_in(host)).token))


async def test_one_changes_one_s_name_and_language(db: Engine) -> None:
    who = await colleague()
    staff = await sign_in.signed_in((await signed_in(who)).token)
    assert await faults(own_account.change_details(" ", "de", staff)) == ["name", "locale"]
    await own_account.change_details("Zoé  Lefèvre", "en", staff)
    assert ((await row_of(who))["name"], (await row_of(who))["locale"]) == ("Zoé Lefèvre", "en")
    (kept,) = await fetch("SELECT changes FROM audit_entry")
    assert kept["changes"] == '{"name": null, "locale": ["fr", "en"]}'


async def test_tokens_are_made_and_revoked_by_somebody(db: Engine) -> None:
    token = await credentials.add_token("site", Role.ADMIN, None, actor=CHIEF)
    await credentials.revoke_token("site", CHIEF)
    assert await actions() == ["add_token", "revoke_token"]
    assert not re.search(token, str(await fetch("SELECT * FROM audit_entry")))
