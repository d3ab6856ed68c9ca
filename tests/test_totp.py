"""The second factor: codes by RFC 6238, secrets sealed under SECRET_KEY, and every code works once."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from tests.colleagues import colleague
from workshops import second_factor, settings, totp
from workshops.database import Engine, fetch, fetch_one, transaction, utcnow
from workshops.second_factor import Shown

# RFC 6238 appendix B, SHA-1, with the last six of its eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}


@pytest.mark.parametrize(("second", "code"), VECTORS.items())
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    assert totp.step_of(RFC_SECRET, code, datetime.fromtimestamp(second, UTC)) == second // 30


def test_a_code_is_taken_one_step_early_or_late_and_no_more() -> None:
    secret, now = totp.new_secret(), datetime(2027, 1, 12, 9, tzinfo=UTC)
    step = int(now.timestamp()) // 30
    code = pyotp.HOTP(secret).at(step)
    taken = [away for away in range(-3, 4) if totp.step_of(secret, code, now + timedelta(seconds=30 * away)) == step]
    assert taken == [-1, 0, 1]
    assert totp.step_of(secret, f" {code[:3]} {code[3:]} ", now) == step
    assert totp.step_of(secret, code, now, after=step) is None
    assert totp.step_of(secret, code, now, after=step - 1) == step
    for wrong in ("", "12345", "1234567", "abcdef", "１２３４５６", "0" * 5000):
        assert totp.step_of(secret, wrong, now) is None


def test_the_next_code_is_taken_though_others_are_spent() -> None:
    secret, now = totp.new_secret(), datetime(2027, 1, 12, 9, tzinfo=UTC)
    step = int(now.timestamp()) // 30
    assert totp.step_of(secret, totp.next_code(secret, now), now) == step
    assert totp.step_of(secret, totp.next_code(secret, now, after=step), now, after=step) == step + 1


def test_the_app_is_told_all_it_needs() -> None:
    secret = totp.new_secret()
    assert len(secret) * 5 == 160
    told = urlsplit(totp.uri(secret, "zoe@example.org"))
    assert (told.scheme, told.netloc) == ("otpauth", "totp")
    assert parse_qs(told.query) == {"secret": [secret], "issuer": ["Osons nos talents"]}
    assert totp.picture(secret, "zoe@example.org", "QR").startswith("<svg ")


def test_a_secret_is_sealed_for_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = totp.new_secret()
    sealed = totp.seal(secret, "account1")
    assert secret.encode() not in sealed
    assert totp.unseal(sealed, "account1") == secret
    assert totp.unseal(sealed, "account2") is None
    assert totp.from_text(totp.as_text(sealed)) == sealed
    for broken in (b"", b"x", sealed[:-1], sealed[:20] + b"x" + sealed[21:], b"\0" * 8 + sealed[8:]):
        assert totp.unseal(broken, "account1") is None
    for text in ("", "é", "x" * 5, "=" * 8):
        assert totp.unseal(totp.from_text(text), "account1") is None


def test_an_old_key_still_reads_what_it_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(text: str) -> None:
        monkeypatch.setenv("SECRET_KEY", text)
        settings.settings.cache_clear()

    old, new = "the old key of more than 32 bytes ......", "the new key of more than 32 bytes ......"
    try:
        keys(old)
        sealed = totp.seal("SECRET", "account1")
        keys(f"{new},{old}")
        assert totp.unseal(sealed, "account1") == "SECRET"
        assert totp.seal("SECRET", "account1")[:8] != sealed[:8]
        keys(new)
        assert totp.unseal(sealed, "account1") is None
    finally:
        monkeypatch.undo()
        settings.settings.cache_clear()


def test_recovery_codes_are_long_and_found_however_they_are_typed() -> None:
    codes = {totp.new_recovery_code() for _ in range(1000)}
    assert len(codes) == 1000
    code = "k7qm-4r10-0wyz-9hvn"
    kept = totp.recovery_hash(code, "account1")
    assert kept
    for typed in ("K7QM4R100WYZ9HVN", " k7qm 4rlO owyz 9hvn ", "k7qm–4r10–0wyz–9hvn"):
        assert totp.recovery_hash(typed, "account1") == kept
    assert totp.recovery_hash(code, "account2") != kept
    for wrong in ("", "123456", code[:-1], code + "x", "u" * 16):
        assert totp.recovery_hash(wrong, "account1") is None


async def spent(identity: str, code: str, now: datetime) -> Shown | None:
    """Show a code, in a transaction of its own."""
    async with transaction():
        row = await fetch_one("SELECT id, totp_secret, totp_step FROM account WHERE id = {}", identity)
        assert row
        return await second_factor.spend(row, code, now)


async def test_a_code_works_once(db: Engine) -> None:
    who, now = await colleague(), utcnow()
    code = who.code(now)
    assert await spent(who.id, code, now) is Shown.APP
    assert await spent(who.id, code, now) is None
    assert await spent(who.id, who.code(now + timedelta(seconds=30)), now) is Shown.APP
    assert await spent(who.id, who.code(now - timedelta(seconds=30)), now) is None  # older than one that was used


async def test_of_two_at_once_with_one_code_one_is_right(db: Engine) -> None:
    who, now = await colleague(), utcnow()
    for turn in range(10):
        then = now + timedelta(minutes=turn)
        shown = await asyncio.gather(*(spent(who.id, who.code(then), then) for _ in range(4)))
        assert sorted(str(one) for one in shown) == ["None", "None", "None", "app"]


async def test_of_two_at_once_with_one_recovery_code_one_is_right(db: Engine) -> None:
    who, now = await colleague(), utcnow()
    async with transaction():
        codes = await second_factor.new_recovery_codes(who.id)
    for code in codes:
        shown = await asyncio.gather(*(spent(who.id, code, now) for _ in range(3)))
        assert sorted(str(one) for one in shown) == ["None", "None", "recovery_code"]
    assert await second_factor.codes_left(who.id) == 0


async def test_what_is_stored_shows_no_code(db: Engine) -> None:
    who = await colleague()
    async with transaction():
        codes = await second_factor.new_recovery_codes(who.id)
        again = await second_factor.new_recovery_codes(who.id)
    stored = str(await fetch("SELECT * FROM account")) + str(await fetch("SELECT * FROM recovery_code"))
    assert who.secret not in stored
    assert not [code for code in (*codes, *again) if code in stored or code.replace("-", "") in stored]
    assert await spent(who.id, codes[0], utcnow()) is None
    assert await spent(who.id, again[0], utcnow()) is Shown.RECOVERY_CODE


async def test_a_new_phone_replaces_the_old_one_once_it_shows_a_code(db: Engine) -> None:
    who, now, secret = await colleague(), utcnow(), totp.new_secret()
    sealed = totp.seal(secret, who.id)
    async with transaction():
        assert await second_factor.set_up(who.id, sealed, "000000", now, first=False) is None
        assert await second_factor.set_up(who.id, totp.seal(secret, "other"), "000000", now, first=False) is None
        code = totp.next_code(secret, now)
        assert await second_factor.set_up(who.id, sealed, code, now, first=True) is None
        assert len(await second_factor.set_up(who.id, sealed, code, now, first=False) or ()) == 10
    assert await spent(who.id, code, now) is None  # it has proved the phone: it is spent
    assert await spent(who.id, who.code(now + timedelta(seconds=60)), now + timedelta(seconds=60)) is None
    assert await spent(who.id, totp.next_code(secret, now, after=int(now.timestamp()) // 30), now) is Shown.APP


async def test_nothing_changes_outside_a_transaction(db: Engine) -> None:
    who = await colleague()
    for change in (
        second_factor.spend({"id": who.id, "totp_secret": None, "totp_step": 0}, "1", utcnow()),
        second_factor.set_up(who.id, b"", "1", utcnow(), first=True),
        second_factor.new_recovery_codes(who.id),
        second_factor.remove(who.id),
    ):
        with pytest.raises(RuntimeError):
            await change
