"""Passwords: what is strong enough, what is kept, and how many are checked at once."""

import asyncio
import threading
import time
import unicodedata

import pytest

from workshops import passwords
from workshops.errors import Invalid
from workshops.passwords import AT_ONCE, MOST_WAITING, TooBusy

OWN = ("marie.dupont@maison-emploi.example", "Marie Dupont", "Maison de l’emploi Lens-Liévin")


@pytest.mark.parametrize(
    "password",
    [
        "gaufre terril tandem nuage",
        "correct horse battery staple",
        "le chat mange une souris verte",
        "jtk43vnb98qs",
        "été hiver printemps automne",
        "x9!Kq7?vB2m ö🙂",
        "u7" + "".join(chr(97 + number * 7 % 26) for number in range(250)),
    ],
)
async def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    kept = await passwords.new_hash(password, *OWN)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.matches(password, kept)
    assert not await passwords.matches(password + " ", kept)
    assert not await passwords.matches("", kept)


@pytest.mark.parametrize(
    "password",
    [
        "motdepasse1234",
        "azertyuiop1234",
        "Bonjour2027!!",
        "P@ssw0rd2026!",
        "abcdefghijklmnop",
        "a" * 100,
        "rclens62rclens62",
        "Osons-nos-talents",
        "marie.dupont62",
        "DUPONT-marie-2026",
        "lens-lievin-2026",
        "Maison Emploi Marie",
        "mäison dûpont 1985",
    ],
)
async def test_what_is_common_or_about_the_person_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        await passwords.new_hash(password, *OWN)
    assert [fault.name for fault in refused.value.faults] == ["password"]
    assert "easy to guess" in refused.value.faults[0].message
    assert password not in str(refused.value.faults)


@pytest.mark.parametrize("password", ["", "jtk43vnb98q", "🙂" * 11, "q7!x" * 65, "é" * 129])
async def test_it_has_12_characters_to_256_bytes(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        await passwords.new_hash(password)
    assert refused.value.faults[0].limits


async def test_it_is_the_same_on_every_keyboard() -> None:
    kept = await passwords.new_hash(unicodedata.normalize("NFD", "forêt zéro glaçon tübingen"))
    assert await passwords.matches(unicodedata.normalize("NFC", "forêt zéro glaçon tübingen"), kept)


async def test_where_there_is_none_nothing_matches_after_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []

    def verify(stored: str, password: str) -> bool:
        checked.append(stored)
        return True

    monkeypatch.setattr(passwords, "_verify", verify)
    assert not await passwords.matches("gaufre terril tandem nuage", None)
    (stored,) = checked
    assert not passwords.is_outdated(stored)  # made at the cost of all others


async def test_a_hash_of_another_cost_is_outdated_and_a_broken_one_never_matches() -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("gaufre terril tandem nuage")
    assert passwords.is_outdated(old)
    assert await passwords.matches("gaufre terril tandem nuage", old)
    assert not await passwords.matches("gaufre terril tandem nuage", "$argon2id$broken")


async def test_two_are_checked_at_once_a_few_wait_and_the_rest_are_told_to_come_back() -> None:
    go, running, most = threading.Event(), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        go.wait(10)
        with lock:
            running -= 1

    waiting = [asyncio.create_task(passwords._off_the_loop(work)) for _ in range(AT_ONCE + MOST_WAITING)]
    await asyncio.sleep(0.05)
    with pytest.raises(TooBusy) as refused:
        await passwords.matches("gaufre", None)
    assert (refused.value.status, refused.value.retry_after > 0) == (429, True)
    go.set()
    await asyncio.gather(*waiting)
    assert most == AT_ONCE
    assert not await passwords.matches("gaufre", None)


async def test_who_leaves_the_queue_makes_room() -> None:
    go = threading.Event()
    waiting = [asyncio.create_task(passwords._off_the_loop(lambda: go.wait(10))) for _ in range(AT_ONCE + MOST_WAITING)]
    await asyncio.sleep(0.05)
    waiting[-1].cancel()
    await asyncio.sleep(0.05)
    added = asyncio.create_task(passwords._off_the_loop(lambda: True))
    await asyncio.sleep(0)
    go.set()
    assert await added
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_loop_goes_on_meanwhile() -> None:
    longest, before = 0.0, time.perf_counter()
    checks = asyncio.gather(*(passwords.matches("gaufre terril", None) for _ in range(6)))
    while not checks.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    await checks
    assert longest < 0.5
