"""What both engines share: a transaction belongs to one task, is never nested and is never half done.

Piccolo's own transactions leak their connection when COMMIT fails, join an outer transaction silently and
are inherited by every task started inside; these classes take their place under the same query builder.
"""

import asyncio
import contextlib
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from piccolo.engine.base import BaseTransaction
from piccolo.engine.base import Engine as PiccoloEngine
from piccolo.engine.exceptions import TransactionError
from piccolo.querystring import QueryString

T = TypeVar("T")
Rows = list[dict[str, Any]]


class NestedTransaction(TransactionError):
    """A transaction was opened inside another one of the same task."""


class ForeignTransaction(TransactionError):
    """A task used the database while the transaction that it was started in was still open."""


class TransactionFailed(TransactionError):
    """A statement of this transaction failed before, so nothing of the transaction is kept."""


async def settled(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end even if the caller is cancelled meanwhile; then let the cancellation through."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    result = task.result()
    if cancelled:
        raise cancelled
    return result


class Engine(PiccoloEngine["Transaction"]):
    """A Piccolo engine whose statements, the query builder's included, go through our connections."""

    lifespans = 0
    close_seconds = 10.0

    async def check_version(self) -> None:
        """Do nothing: Piccolo would connect here, while its configuration is imported."""

    async def prep_database(self) -> None:
        """Do nothing, as above."""

    @abstractmethod
    async def start_connection_pool(self) -> None:
        """Open connections and keep them, for this event loop."""

    @abstractmethod
    async def close_connection_pool(self) -> None:
        """Let what runs end, for `close_seconds` at most, then close every connection."""

    @abstractmethod
    async def checkout(self) -> Any:
        """Return a connection that may write, for the caller alone until `checkin`."""

    @abstractmethod
    async def checkin(self, connection: Any) -> None:
        """Take a connection back. It never raises for the state the connection is in."""

    @abstractmethod
    async def begin(self, connection: Any) -> None:
        """Open a transaction."""

    @abstractmethod
    async def end(self, connection: Any, *, commit: bool) -> None:
        """Commit or roll back; after a COMMIT that failed nothing is left open."""

    @abstractmethod
    async def run_inside(self, connection: Any, sql: str, values: Sequence[Any]) -> Any:
        """Run a statement in the open transaction of `connection`."""

    @abstractmethod
    async def run_outside(self, sql: str, values: Sequence[Any], in_pool: bool) -> Any:
        """Run a statement by itself; it is committed when this returns."""

    @abstractmethod
    def connections(self) -> dict[str, int]:
        """Return how many connections of the pool are busy and how many idle."""

    @abstractmethod
    def exclusive(self, name: str) -> AbstractAsyncContextManager[None]:
        """Keep every other process out that asks for the same name; a crash releases it."""

    def current(self) -> "Transaction | None":
        """Return the open transaction of this task.

        Raises ForeignTransaction in a task that was started inside one that is still open: its statements
        would run in the middle of the other's, and a second connection could wait for the first for ever.
        """
        transaction: Transaction | None = self.current_transaction.get()
        if transaction is None or not transaction.open:
            return None
        if transaction.task is not asyncio.current_task():
            raise ForeignTransaction("this task was started inside a transaction that is still open")
        return transaction

    def transaction_exists(self) -> bool:
        transaction: Transaction | None = self.current_transaction.get()
        return transaction is not None and transaction.open and transaction.task is asyncio.current_task()

    def transaction(self, *_: Any, **__: Any) -> "Transaction":
        """Return a new transaction; Piccolo's options (its type, nesting) have no effect."""
        return Transaction(self)

    async def run(self, sql: str, values: Sequence[Any] = (), in_pool: bool = True) -> Any:
        """Run one statement with the driver's own placeholders; `query_id` counts them."""
        self.query_id += 1
        if transaction := self.current():
            return await transaction.run(sql, values)
        return await self.run_outside(sql, values, in_pool)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        sql, values = querystring.compile_string(engine_type=self.engine_type)
        return await self.run(sql, values, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        return await self.run(ddl, (), in_pool)


class Transaction(BaseTransaction):
    """All statements of one task between entering and leaving, or none of them.

    The first statement that fails or is cancelled decides: catching its error inside the block saves
    nothing, on PostgreSQL by nature and on SQLite because the two must not differ.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.open = False
        self.failed = False
        self.task: asyncio.Task[Any] | None = None
        self.connection: Any = None

    async def __aenter__(self) -> "Transaction":
        if self.engine.current():
            raise NestedTransaction("a transaction is already open in this task")
        self.connection = await self.engine.checkout()
        try:
            await settled(self.engine.begin(self.connection))
        except BaseException:
            await self._abandon()
            raise
        self.open, self.task = True, asyncio.current_task()
        self.engine.current_transaction.set(self)
        return self

    async def run(self, sql: str, values: Sequence[Any]) -> Any:
        if self.failed:
            raise TransactionFailed("an earlier statement of this transaction failed")
        try:
            return await self.engine.run_inside(self.connection, sql, values)
        except BaseException:
            self.failed = True
            raise

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.open = False
        self.engine.current_transaction.set(None)
        if error is not None or self.failed:
            await self._abandon()
        else:
            try:
                await settled(self.engine.end(self.connection, commit=True))
            finally:
                await settled(self.engine.checkin(self.connection))
        if error is None and self.failed:
            raise TransactionFailed("an earlier statement of this transaction failed; it is rolled back")
        return False

    async def _abandon(self) -> None:
        """Roll back; a connection too broken for that is for `checkin` to judge, not for the caller."""
        try:
            with contextlib.suppress(Exception):
                await settled(self.engine.end(self.connection, commit=False))
        finally:
            await settled(self.engine.checkin(self.connection))
