"""The web process, the worker and both together, as real processes: what they answer, say, and how they stop."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import postbox
from tests.programs import (
    DEADLINE,
    PRODUCTION,
    SECRET,
    alive,
    answers,
    free_port,
    memory,
    program,
    until,
    until_gone,
    until_ready,
)
from workshops.database import Engine
from workshops.settings import settings


@pytest.fixture
async def given(tmp_path: Path, template: Callable[[str], Awaitable[None]]) -> dict[str, str]:
    """Settings of a demo on a migrated SQLite file and a free port."""
    url = f"sqlite:///{tmp_path}/workshops.db"
    await template(url)
    return {"DATABASE_URL": url, "DEBUG": "1", "PORT": str(free_port()), "TEST_FOLDER": str(tmp_path)}


@pytest.fixture
def same_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process makes secrets that the others can read."""
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


async def test_sigterm_lets_the_request_in_flight_end(given: dict[str, str], tmp_path: Path) -> None:
    port = int(given["PORT"])
    async with program("tests.applications", given) as web, httpx.AsyncClient(timeout=DEADLINE) as client:
        await until_ready(port, "/readyz")
        slow = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/slow"))
        await until((tmp_path / "arrived").exists)
        web.terminate()
        await until_gone(port)
        await asyncio.wait([slow], timeout=1)
        assert not slow.done()
        (tmp_path / "go").touch()
        answer = await slow
        _, errors = await web.communicate()
    assert (answer.status_code, answer.text) == (200, "done")
    assert "server" not in answer.headers
    assert web.returncode == 0, errors.decode()
    assert b"Traceback" not in errors


async def test_the_worker_ends_the_message_it_has_begun(db: Engine, database_url: str, same_key: None) -> None:
    event, slots = await postbox.day()
    for name in ("zoe", "lea"):
        someone = await postbox.attendee(event, (slots[0], "confirmed"), email=f"{name}@example.org")
        await postbox.tell(someone)
    server = postbox.Server(waiting=asyncio.Event())
    assert server.waiting
    async with postbox.listening(server) as where:
        smtp = f"smtp://{where.host}:{where.port}"
        given = {**PRODUCTION, "DATABASE_URL": database_url, "SMTP_URL": smtp}
        async with program("workshops.cli worker", given) as worker:
            await until(lambda: len(server.seen) == 1)
            worker.terminate()
            ended = asyncio.create_task(worker.wait())
            await asyncio.wait([ended], timeout=1)
            assert not ended.done()
            server.waiting.set()
            _, errors = await worker.communicate()
    assert worker.returncode == 0, errors.decode()
    assert sorted(row["state"] for row in await postbox.queue()) == ["queued", "sent"]
    assert len(server.taken) == 1
    assert "example.org" not in errors.decode()


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/take", "application/problem+json"), ("/take", "text/html")])
async def test_a_body_of_20_megabytes_is_refused_and_not_kept(given: dict[str, str], path: str, kind: str) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1024 * 1024

    port = int(given["PORT"])
    async with program("tests.applications", given) as web, httpx.AsyncClient(timeout=DEADLINE) as client:
        await until_ready(port)
        before = memory(web.pid)
        for content in (b"x" * 20 * 1024 * 1024, parts()):
            headers = {"Sec-Fetch-Site": "same-origin", "Accept": kind}
            answer = await client.post(f"http://127.0.0.1:{port}{path}", content=content, headers=headers)
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (413, kind)
        assert await answers(port)
        assert memory(web.pid) - before < 10 * 1024


async def test_headers_without_end_are_refused(given: dict[str, str]) -> None:
    port = int(given["PORT"])
    async with program("tests.applications", given) as web:
        await until_ready(port)
        for size, answered in ((50_000, b"HTTP/1.1 200 OK\r\n"), (50_000_000, b"HTTP/1.1 400 Bad Request\r\n")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * size + b"\r\n\r\n")
            async with asyncio.timeout(DEADLINE):
                assert await reader.readline() == answered
            writer.transport.abort()
        assert await answers(port)
        assert memory(web.pid) < 300 * 1024


async def test_production_logs_are_json_and_name_no_path(given: dict[str, str]) -> None:
    port, given = int(given["PORT"]), {**given, **PRODUCTION, "DEBUG": ""}
    async with program("tests.applications", given) as web:
        await until_ready(port)
        async with httpx.AsyncClient() as client:
            await client.get(f"http://127.0.0.1:{port}/healthz?name=Durand", headers={"User-Agent": "Durand"})
        web.send_signal(signal.SIGINT)
        _, errors = await web.communicate()
    assert web.returncode == 0, errors.decode()
    lines = errors.decode().splitlines()
    assert [line for line in lines if '"timestamp":"' not in line] == []
    assert '"route":"/healthz"' in lines[-1]
    assert "Durand" not in errors.decode()
    assert SECRET not in errors.decode()


def children(pid: int) -> dict[str, int]:
    """The processes that `pid` has started, by their last argument."""
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return {row[-1]: int(row[1]) for row in rows if row[0] == str(pid)}


async def said(run: asyncio.subprocess.Process, word: str) -> str:
    """What it has said when it says `word`."""
    assert run.stdout
    text = ""
    async with asyncio.timeout(DEADLINE):
        while word not in text:
            line = (await run.stdout.readline()).decode()
            assert line, f"ended after:\n{text}"
            text += line
    return text


async def test_run_shows_where_to_look_and_ends_all(given: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "workshops.db").unlink()
    async with program("workshops.cli run", given, tmp_path) as run:
        text = await said(run, "Ready: ")
        started = children(run.pid)
        assert set(started) == {"serve", "worker"}
        links = re.findall(r"(http://127\.0\.0\.1:\d+\S*)", text)
        async with httpx.AsyncClient() as client:
            found = {link: (await client.get(link)).status_code for link in links}
        assert {link: status for link, status in found.items() if status != 200} == {}
        assert sum("/door/link/" in link for link in links) == 2
        run.send_signal(signal.SIGINT)
        _, errors = await run.communicate()
    assert run.returncode == 0, errors.decode()
    assert [pid for pid in started.values() if alive(pid)] == []
    assert not await answers(int(given["PORT"]))


@pytest.mark.parametrize("dies", ["serve", "worker"])
async def test_run_ends_when_one_of_its_processes_dies(given: dict[str, str], tmp_path: Path, dies: str) -> None:
    async with program("workshops.cli run", given, tmp_path) as run:
        await said(run, "Ready: ")
        started = children(run.pid)
        os.kill(started[dies], signal.SIGKILL)
        _, errors = await run.communicate()
    assert run.returncode == 1
    assert f"`workshops {dies}` does not run" in errors.decode()
    assert [pid for pid in started.values() if alive(pid)] == []
