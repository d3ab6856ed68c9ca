"""How often something is tried: one count for all processes, and nobody is locked out by somebody else."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.programs import ROOT
from workshops import settings, throttle
from workshops.database import Engine, fetch, transaction, utcnow
from workshops.throttle import ACCOUNT, ACCOUNT_HERE, HOUR, NETWORK, QUARTER, Limit, Place, TooManyTries

THREE = Limit("three", 3, QUARTER)
OWNER, STRANGER = Place("192.0.2.1"), Place("203.0.113.9")


async def tried(place: Place, account: str = "zoe@example.org", times: int = 1) -> int:
    """Try to guess a password as often, and return how many tries were let through."""
    done = 0
    for _ in range(times):
        try:
            await throttle.count_try("password", account, place, utcnow())
            done += 1
        except TooManyTries:
            continue
    return done


async def test_so_many_in_a_window_then_a_wait_that_is_told(db: Engine) -> None:
    now = utcnow()
    for _ in range(3):
        await throttle.count(THREE, "zoe", now=now)
    with pytest.raises(TooManyTries) as refused:
        await throttle.count(THREE, "zoe", now=now + timedelta(minutes=5))
    assert (refused.value.status, refused.value.retry_after) == (429, 601)
    await throttle.count(THREE, "max", now=now)
    await throttle.count(THREE, "zoe", now=now + QUARTER)
    await throttle.forget(THREE, "zoe")
    assert [row["total"] for row in await fetch("SELECT total FROM counter")] == [1]


async def test_a_count_is_one_for_all_processes(db: Engine, database_url: str) -> None:
    script = (
        "import asyncio\n"
        "from workshops import throttle\nfrom workshops.database import utcnow\nfrom tests.test_throttle import THREE\n"
        "for _ in range(2): asyncio.run(throttle.count(THREE, 'zoe', now=utcnow()))\n"
    )
    env = {**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], env=env, check=True, timeout=60)  # noqa: ASYNC221 - another process
    await throttle.count(THREE, "zoe", now=utcnow())
    with pytest.raises(TooManyTries):
        await throttle.count(THREE, "zoe", now=utcnow())


async def test_of_many_at_once_no_more_than_allowed_get_through(db: Engine) -> None:
    outcomes = await asyncio.gather(
        *(throttle.count(THREE, "zoe", now=utcnow()) for _ in range(20)), return_exceptions=True
    )
    assert len([one for one in outcomes if one is None]) == 3


async def test_a_stranger_elsewhere_locks_nobody_out(db: Engine) -> None:
    assert await tried(STRANGER, times=400) == ACCOUNT_HERE.most
    assert await tried(OWNER) == 1


async def test_one_who_goes_on_trying_does_not_stop_the_network(db: Engine) -> None:
    await tried(OWNER, times=NETWORK.most * 3)
    assert await tried(OWNER, "max@example.org") == 1


async def test_many_accounts_from_one_network_are_slowed_down(db: Engine) -> None:
    done = [await tried(STRANGER, f"{number}@example.org") for number in range(NETWORK.most + 10)]
    assert sum(done) == NETWORK.most


async def test_many_networks_at_one_account_are_slowed_down_but_not_its_own_browser(db: Engine) -> None:
    now = utcnow()
    done = 0
    for number in range(ACCOUNT.most + 10):
        done += await tried(Place(f"network {number}"))
    assert done == ACCOUNT.most
    assert await tried(OWNER) == 0
    known = Place(OWNER.network, known="its own")
    assert await tried(known, times=9) == ACCOUNT_HERE.most  # a stolen browser is slowed down too
    assert await tried(Place(OWNER.network, known="another of its own")) == 1
    await throttle.count(ACCOUNT, "password", "zoe@example.org", now=now + HOUR + timedelta(seconds=5))


async def test_a_right_try_makes_those_before_it_forgotten(db: Engine) -> None:
    for _ in range(4):
        assert await tried(OWNER, times=ACCOUNT_HERE.most) == ACCOUNT_HERE.most
        await throttle.forget_tries("password", "zoe@example.org", OWNER)
    rows = {row["id"].split(":")[0]: row["total"] for row in await fetch("SELECT id, total FROM counter")}
    assert rows == {"network": 4 * (ACCOUNT_HERE.most - 1), "account": 4 * (ACCOUNT_HERE.most - 1)}


async def test_no_address_or_network_is_kept(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    await tried(OWNER)
    rows = await fetch("SELECT id FROM counter ORDER BY id")
    assert len(rows) == 3
    assert "zoe" not in str(rows)
    assert "192.0" not in str(rows)
    monkeypatch.setenv("SECRET_KEY", "another key of more than 32 bytes .......")
    settings.settings.cache_clear()
    try:
        await tried(OWNER)  # the same tries under another key are other counters: no table of hashes finds them
    finally:
        monkeypatch.undo()
        settings.settings.cache_clear()
    assert len(await fetch("SELECT id FROM counter")) == 6


async def test_a_count_is_not_part_of_a_transaction(db: Engine) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await throttle.count(THREE, "zoe", now=utcnow())


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", ""),
    ],
)
def test_a_network_is_what_one_household_has(address: str, network: str) -> None:
    assert throttle.network(address) == network
