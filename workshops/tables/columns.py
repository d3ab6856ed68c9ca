"""The few kinds of column that every table is made of: explicit about null, never cascading (product.md)."""

from typing import Any

from piccolo.columns import OnDelete, Timestamptz, Varchar
from piccolo.columns.column_types import ForeignKey
from piccolo.table import Table

from workshops.ids import new_id


def key() -> Varchar:
    """The primary key: an opaque id."""
    return Varchar(length=36, primary_key=True, default=new_id)


def link(to: type[Table], optional: bool = False) -> ForeignKey[Any]:
    """A reference that keeps what it refers to from being deleted."""
    default: Any = None
    return ForeignKey(references=to, null=optional, default=default, on_delete=OnDelete.restrict)


def words(length: int, optional: bool = False, **options: Any) -> Varchar:
    """Text of at most `length` characters."""
    return Varchar(length=length, null=optional, default=None if optional else "", **options)


def moment(optional: bool = True) -> Timestamptz:
    """An instant, aware, UTC. Never defaults to now: the verb that writes it knows the time."""
    return Timestamptz(null=optional, default=None)
