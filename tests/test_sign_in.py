"""Signing in: each step gives a new token, a code works once, and who has no account learns nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher

from tests.colleagues import ELSEWHERE, HOME, PASSWORD, Clock, clock, colleague, signed_in
from workshops import logins, own_account, passwords, second_factor, sign_in, totp
from workshops.database import Engine, fetch, fetch_one, transaction, utcnow
from workshops.errors import NotFound, SignInNeeded
from workshops.ids import token_hash
from workshops.logins import ABSOLUTE, IDLE, PENDING, Browser, Step
from workshops.sign_in import NotRecognised, WrongCode
from workshops.tables.people import Role
from workshops.throttle import TooManyTries

__all__ = ["clock"]


def holding(browser: Browser, token: str) -> Browser:
    """The same browser, with what it was given."""
    return replace(browser, token=token)


async def is_in(token: str) -> bool:
    """Whether the token opens the office."""
    try:
        await sign_in.signed_in(token)
    except SignInNeeded:
        return False
    return True


async def test_who_can_list_people_shows_a_code_too(db: Engine) -> None:
    for role in Role:
        needed = role in (Role.ADVISER, Role.ORGANISER, Role.ADMIN)
        assert (role in logins.LIST_PEOPLE) is needed
        who = await colleague(role, app=needed)
        first = await sign_in.with_password(who.email.upper(), PASSWORD, HOME)
        assert (first.step, await is_in(first.token)) == (Step.CODE if needed else Step.NONE, not needed)
        if needed:
            done = await sign_in.with_code(who.code(), holding(HOME, first.token))
            staff = await sign_in.signed_in(done.token)
            assert (staff.id, staff.role, staff.organisation) == (f"account:{who.id}", role, who.organisation)


async def test_a_host_with_an_app_is_asked_for_its_code(db: Engine) -> None:
    who = await colleague(Role.HOST)
    assert (await sign_in.with_password(who.email, PASSWORD, HOME)).step is Step.CODE


async def test_each_step_gives_a_new_token_and_ends_the_one_before(db: Engine) -> None:
    who = await colleague()
    chosen = holding(HOME, "a token that somebody else chose")
    first = await sign_in.with_password(who.email, PASSWORD, chosen)
    done = await sign_in.with_code(who.code(), holding(HOME, first.token))
    assert len({chosen.token, first.token, done.token}) == 3
    assert [await is_in(token) for token in (chosen.token, first.token, done.token)] == [False, False, True]
    again = await sign_in.with_password(who.email, PASSWORD, holding(HOME, done.token))
    assert not await is_in(done.token)  # this browser begins anew
    stored = await fetch("SELECT token_hash FROM login")
    assert {row["token_hash"] for row in stored} == {token_hash(done.token), token_hash(again.token)}
    assert done.token not in str(stored)


async def test_the_first_sign_in_sets_up_the_second_factor_before_anything_else(db: Engine) -> None:
    who, secret = await colleague(app=False), totp.new_secret()
    first = await sign_in.with_password(who.email, PASSWORD, HOME)
    browser = holding(HOME, first.token)
    assert first.step is Step.SET_UP
    assert (await sign_in.pending(first.token)).step is Step.SET_UP
    with pytest.raises(WrongCode):
        await sign_in.with_code("123456", browser)
    assert not await is_in(first.token)
    sealed = totp.seal(secret, who.id)
    for wrong in (sealed, totp.seal(secret, "somebody else's"), b""):
        with pytest.raises(WrongCode):
            await sign_in.set_up(wrong, "000000", browser)
    code = totp.next_code(secret, utcnow())
    done, codes = await sign_in.set_up(sealed, code, browser)
    assert (await is_in(done.token), len(set(codes))) == (True, 10)
    again = await sign_in.with_password(who.email, PASSWORD, HOME)
    assert again.step is Step.CODE
    with pytest.raises(WrongCode):  # the code that proved the app is spent
        await sign_in.with_code(code, holding(HOME, again.token))
    with pytest.raises(SignInNeeded):  # the app is there: nobody sets up another one with the password alone
        await sign_in.set_up(sealed, code, holding(HOME, again.token))
    by_code = await sign_in.with_code(codes[3], holding(HOME, again.token))
    assert await is_in(by_code.token)
    assert [row["action"] for row in await fetch("SELECT action FROM audit_entry ORDER BY at, id")] == [
        "set_up_second_factor",
        "use_recovery_code",
    ]


async def test_of_two_who_set_up_the_first_app_at_once_one_does(db: Engine) -> None:
    who = await colleague(app=False)
    apps = [totp.new_secret() for _ in range(2)]
    steps = [await sign_in.with_password(who.email, PASSWORD, HOME) for _ in apps]
    tried = [
        sign_in.set_up(totp.seal(app, who.id), totp.next_code(app, utcnow()), holding(HOME, step.token))
        for app, step in zip(apps, steps, strict=True)
    ]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert sorted(isinstance(one, tuple) for one in outcomes) == [False, True]
    assert len(await fetch("SELECT id FROM recovery_code")) == 10


async def test_a_code_is_not_replayed_even_at_the_same_moment(db: Engine, clock: Clock) -> None:
    who = await colleague()
    for _ in range(5):
        steps = [await sign_in.with_password(who.email, PASSWORD, HOME) for _ in range(3)]
        tried = [sign_in.with_code(who.code(clock.now), holding(HOME, step.token)) for step in steps]
        outcomes = await asyncio.gather(*tried, return_exceptions=True)
        assert sorted(isinstance(one, WrongCode) for one in outcomes) == [False, True, True]
        clock.turn(minutes=16)


async def test_five_codes_are_tried_then_one_waits(db: Engine, clock: Clock) -> None:
    who = await colleague()
    first = await sign_in.with_password(who.email, PASSWORD, HOME)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await sign_in.with_code("000000", holding(HOME, first.token))
    for token in (first.token, (await sign_in.with_password(who.email, PASSWORD, HOME)).token):
        with pytest.raises(TooManyTries):  # a right one too, and on a new sign-in as well
            await sign_in.with_code(who.code(clock.now), holding(HOME, token))
    elsewhere = await sign_in.with_password(who.email, PASSWORD, ELSEWHERE)
    assert await is_in((await sign_in.with_code(who.code(clock.now), holding(ELSEWHERE, elsewhere.token))).token)
    clock.turn(minutes=16)
    later = await sign_in.with_password(who.email, PASSWORD, HOME)
    assert (await sign_in.with_code(who.code(clock.now), holding(HOME, later.token))).step is Step.NONE


async def test_five_passwords_are_tried_then_one_waits_but_not_elsewhere(db: Engine) -> None:
    who = await colleague()
    for _ in range(5):
        with pytest.raises(NotRecognised):
            await sign_in.with_password(who.email, "wrong", ELSEWHERE)
    with pytest.raises(TooManyTries):
        await sign_in.with_password(who.email, PASSWORD, ELSEWHERE)
    assert (await sign_in.with_password(who.email, PASSWORD, HOME)).step is Step.CODE
    known = replace(ELSEWHERE, account=who.id, known="a browser of theirs")
    assert (await sign_in.with_password(who.email, PASSWORD, known)).step is Step.CODE
    foreign = replace(ELSEWHERE, account="somebody else", known="a browser of somebody else's")
    with pytest.raises(TooManyTries):
        await sign_in.with_password(who.email, PASSWORD, foreign)


async def test_who_has_no_account_gets_the_same_answer_after_the_same_work(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await colleague()
    closed, invited = await colleague(closed_at=utcnow()), await colleague(password=None)
    hashed: list[str] = []
    verify = passwords._verify

    def counted(stored: str, password: str) -> bool:
        hashed.append(stored)
        return verify(stored, password)

    monkeypatch.setattr(passwords, "_verify", counted)
    seen = set()
    for email in (here.email, "nobody@example.org", closed.email, invited.email, "é" * 300, ""):
        hashed.clear()
        before = db.query_id
        password = "wrong" if email == here.email else PASSWORD
        with pytest.raises(NotRecognised) as refused:
            await sign_in.with_password(email, password, HOME)
        cost = hashed[0].split("$")[:4]
        seen.add((str(refused.value), refused.value.detail, len(hashed), tuple(cost), db.query_id - before))
    assert len(seen) == 1


async def test_a_login_ends_when_idle_when_old_when_revoked_and_when_the_account_is_closed(
    db: Engine, clock: Clock
) -> None:
    who = await colleague()

    async def fresh() -> str:
        clock.turn(minutes=16)
        return (await signed_in(who, now=clock.now)).token

    token = await fresh()
    clock.now += IDLE - timedelta(seconds=1)
    assert await is_in(token)
    clock.now += IDLE
    assert not await is_in(token)
    token, begun = await fresh(), clock.now
    while clock.now < begun + ABSOLUTE - timedelta(hours=6):
        assert await is_in(token)
        clock.turn(hours=5)
    clock.turn(hours=6)
    assert not await is_in(token)
    token = await fresh()
    await sign_in.sign_out(token)
    assert not await is_in(token)
    token = await fresh()
    await fetch("UPDATE account SET closed_at = {} WHERE id = {}", clock.now, who.id)
    assert not await is_in(token)
    with pytest.raises(NotRecognised):
        await sign_in.with_password(who.email, PASSWORD, HOME)


async def test_the_second_step_may_not_take_long(db: Engine, clock: Clock) -> None:
    who = await colleague()
    first = await sign_in.with_password(who.email, PASSWORD, HOME)
    clock.now += PENDING
    with pytest.raises(SignInNeeded):
        await sign_in.with_code(who.code(clock.now), holding(HOME, first.token))
    for token in ("", "x", first.token):
        with pytest.raises(SignInNeeded):
            await sign_in.pending(token)


async def test_being_seen_is_written_once_a_minute(db: Engine, clock: Clock) -> None:
    who = await colleague()
    token = (await signed_in(who, now=clock.now)).token

    async def statements(**given: Any) -> int:
        before = db.query_id
        await sign_in.signed_in(token, **given)
        return db.query_id - before

    assert [await statements() for _ in range(3)] == [1, 1, 1]
    clock.turn(seconds=61)
    assert [await statements(active=False), await statements(), await statements()] == [1, 3, 1]
    row = await fetch_one("SELECT last_seen_at FROM account WHERE id = {}", who.id)
    assert row
    assert row["last_seen_at"] == clock.now


async def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(db: Engine, clock: Clock) -> None:
    who = await colleague()
    token = (await signed_in(who, now=clock.now)).token
    end = clock.now + IDLE
    while clock.now < end:
        await sign_in.signed_in(token, active=False)
        clock.turn(minutes=30)
    assert not await is_in(token)


async def test_an_old_hash_is_made_anew(db: Engine) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    who = await colleague(Role.HOST, app=False, password_hash=cheap)
    await sign_in.with_password(who.email, PASSWORD, HOME)
    row = await fetch_one("SELECT password_hash FROM account WHERE id = {}", who.id)
    assert row
    assert not passwords.is_outdated(row["password_hash"])
    assert await is_in((await sign_in.with_password(who.email, PASSWORD, HOME)).token)


async def test_a_password_changed_meanwhile_lets_nobody_in(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    who = await colleague(Role.HOST, app=False)
    matches = passwords.matches

    async def slow(password: str, stored: str | None) -> bool:
        found = await matches(password, stored)
        await fetch("UPDATE account SET password_hash = 'other' WHERE id = {}", who.id)
        return found

    monkeypatch.setattr(passwords, "matches", slow)
    with pytest.raises(NotRecognised):
        await sign_in.with_password(who.email, PASSWORD, HOME)
    assert await fetch("SELECT id FROM login") == []


async def test_a_key_that_is_gone_lets_recovery_codes_work_and_is_told(db: Engine) -> None:
    who = await colleague()
    async with transaction():
        codes = await second_factor.new_recovery_codes(who.id)
    await fetch("UPDATE account SET totp_secret = {} WHERE id = {}", b"\0" * 40, who.id)
    first = await sign_in.with_password(who.email, PASSWORD, HOME)
    with structlog.testing.capture_logs() as logs, pytest.raises(WrongCode):
        await sign_in.with_code(who.code(), holding(HOME, first.token))
    assert [(line["event"], line["account"]) for line in logs] == [("second_factor_unreadable", who.id)]
    assert await is_in((await sign_in.with_code(codes[0], holding(HOME, first.token))).token)


async def test_one_s_browsers_are_listed_and_signed_out(db: Engine, clock: Clock) -> None:
    who, other = await colleague(), await colleague()
    tokens = []
    for browser in (HOME, ELSEWHERE, HOME):
        tokens.append((await signed_in(who, browser, clock.now)).token)
        clock.turn(minutes=16)
    stranger = await sign_in.signed_in((await signed_in(other, now=clock.now)).token)
    await sign_in.with_password(who.email, PASSWORD, HOME)  # not signed in yet: not listed
    staff = await sign_in.signed_in(tokens[1])
    listed = await own_account.devices(staff)
    assert [device.label for device in listed] == ["Chrome on Android", "Firefox on Windows", "Firefox on Windows"]
    assert [device.is_current for device in listed] == [True, False, False]
    for not_theirs in (listed[1].id, "x", "no id at all"):
        with pytest.raises(NotFound):
            await own_account.sign_out_device(not_theirs, stranger)
    await own_account.sign_out_device(listed[1].id, staff)
    assert [await is_in(token) for token in tokens] == [True, True, False]
    assert await own_account.sign_out_everywhere(staff) == 3  # the one that waits for its code too
    assert [await is_in(token) for token in tokens] == [False, False, False]


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.0", ""),
        ("x" * 10_000, ""),
        ("", ""),
    ],
)
def test_a_browser_is_told_in_words(user_agent: str, label: str) -> None:
    assert logins.label(user_agent) == label
