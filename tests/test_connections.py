"""Connections: how long they live, what replaces a broken one, and that a process can always end."""

import asyncio
import contextlib
import sys
import threading
from pathlib import Path

import asyncpg
import pytest

from workshops.database import connected, make_engine

ROOT = Path(__file__).parent.parent


async def test_a_sqlite_file_is_durable_and_strict(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/deep/down/x.db")
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    for lifetime in (contextlib.nullcontext(), connected(engine)):
        async with lifetime:
            for name, value in pragmas.items():
                async with engine.transaction():
                    (row,) = await engine.run(f"PRAGMA {name}")
                assert list(row.values()) == [value]


def test_an_engine_is_made_without_connecting(tmp_path: Path) -> None:
    make_engine("postgresql://nobody@127.0.0.1:1/nowhere")
    make_engine(f"sqlite:///{tmp_path}/new.db")
    assert list(tmp_path.iterdir()) == []
    for url in ("mysql://secret", "sqlite://secret", "sqlite:///", "sqlite:///:memory:", "secret"):
        with pytest.raises(ValueError) as raised:
            make_engine(url)
        assert "secret" not in str(raised.value)


async def test_connections_live_as_long_as_the_outermost_lifetime(database_url: str) -> None:
    engine = make_engine(database_url)
    before = threading.active_count()
    await engine.run_ddl("CREATE TABLE thing (id INTEGER PRIMARY KEY)")  # works without, too
    async with engine.transaction():
        await engine.run("INSERT INTO thing (id) VALUES (1)")
    async with connected(engine):
        async with connected(engine):
            await engine.run("INSERT INTO thing (id) VALUES (2)")
        opened = engine.pool  # type: ignore[attr-defined]
        assert opened
        assert len(await engine.run("SELECT id FROM thing")) == 2
    assert engine.pool is None  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name == "sqlite":
            thread.join(5)
    assert threading.active_count() == before


async def test_closing_lets_the_open_transaction_end(database_url: str) -> None:
    engine = make_engine(database_url)
    async with connected(engine):
        await engine.run_ddl("CREATE TABLE thing (id INTEGER PRIMARY KEY)")
        async with engine.transaction():
            closing = asyncio.create_task(engine.close_connection_pool())
            await asyncio.sleep(0)  # so that it has begun
            await engine.run("INSERT INTO thing (id) VALUES (1)")
        await closing
    assert len(await engine.run("SELECT id FROM thing")) == 1


async def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    async def start(number: int) -> None:
        engine = make_engine(f"sqlite:///{tmp_path}/new.db")
        async with connected(engine):
            await engine.run_ddl("CREATE TABLE IF NOT EXISTS thing (id INTEGER PRIMARY KEY)")
            await engine.run(f"INSERT INTO thing (id) VALUES ({number})")

    await asyncio.gather(*(start(number) for number in range(16)))


async def test_a_connection_that_the_server_cut_is_replaced(postgres_url: str) -> None:
    engine = make_engine(postgres_url, pool_size=3)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
    cut += "current_database()"

    lost = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)

    async def lose() -> None:
        async with engine.transaction():
            stranger = await asyncpg.connect(postgres_url)
            await stranger.execute(cut)
            await stranger.close()
            await engine.run("SELECT 1")

    async with connected(engine):
        for _ in range(5):
            with pytest.raises(lost):
                await lose()
        async with asyncio.timeout(10):
            while True:  # until the pool has read that its idle connections were cut
                work = [engine.run("SELECT pg_sleep(0.01)") for _ in range(9)]
                if all(isinstance(done, list) for done in await asyncio.gather(*work, return_exceptions=True)):
                    break


async def test_one_process_at_a_time_holds_an_exclusive_name(database_url: str) -> None:
    first, second = make_engine(database_url), make_engine(database_url)
    async with first.exclusive("x"), first.exclusive("y"):
        waiting = asyncio.create_task(second.exclusive("x").__aenter__())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(waiting, 0.2)  # and hanging up leaves nothing locked
    async with asyncio.timeout(5), second.exclusive("x"):
        pass


LOCKER = """
import asyncio, sys
from workshops.database import make_engine

async def main():
    async with make_engine(sys.argv[1]).exclusive("x"):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_process_that_is_killed_gives_its_exclusive_name_back(database_url: str) -> None:
    process = await _python(LOCKER, database_url)
    assert process.stdout
    assert await process.stdout.readline() == b"held\n"
    process.kill()
    await process.wait()
    async with asyncio.timeout(5), make_engine(database_url).exclusive("x"):
        pass


ENDINGS = {
    "in good order": "await engine.run('SELECT 1')",
    "by an error in a transaction": "async with engine.transaction(): raise SystemExit(0)",
    "without closing": "await engine.start_connection_pool(); engine.lifespans = 9",
    "with a task left in a transaction": """
        inside = asyncio.Event()
        async def stay():
            async with engine.transaction():
                inside.set()
                await asyncio.Event().wait()
        engine.close_seconds = 0.1
        task = asyncio.create_task(stay())
        await inside.wait()
""",
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_process_ends(database_url: str, ending: str) -> None:
    code = f"""
import asyncio, sys
from workshops.database import connected, make_engine
async def main():
    engine = make_engine(sys.argv[1])
    async with connected(engine):
        {ENDINGS[ending].strip()}
asyncio.run(main())
"""
    process = await _python(code, database_url)
    async with asyncio.timeout(20):
        output, _ = await process.communicate()
    assert (process.returncode, output) == (0, b"")


async def _python(code: str, *args: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, *args),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
