"""What a phone of the door asks by itself: the list that it keeps, and a place to hand in what it has read.

The formats are docs/door.md. Errors are problem details, whatever the phone accepts.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, RawBody
from litestar.status_codes import HTTP_200_OK, HTTP_304_NOT_MODIFIED

from workshops import door_list
from workshops.access import door_actor
from workshops.answers import matches
from workshops.database import utcnow
from workshops.errors import Fault, Invalid, NotFound
from workshops.fields import NAME_LENGTH
from workshops.handing_in import MOST, MOST_PEOPLE, Result, Sent, hand_in
from workshops.i18n import _
from workshops.ids import is_id
from workshops.merge import Word
from workshops.routes.problems import read_object
from workshops.routes.wording import commune_name
from workshops.tables.door import ScanKind
from workshops.tickets import read_code
from workshops.verdict import Outcome

Asked = Request[Any, Any, Any]
JSON = "application/json"
METHODS = {"qr", "wedge", "code", "name", "photo"}
KINDS, OUTCOMES = set(ScanKind), {str(one): one for one in Outcome}
FARTHEST = timedelta(days=4000)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY = re.compile(r"[0-9a-f]{32}")


@get("/{event:str}/list")
async def show_list(request: Asked, event: FromPath[str]) -> Response[bytes]:
    """All that a phone needs without a network; nothing (304) to one that has it already."""
    phone = await door_actor(request)
    if phone.event != event:
        raise NotFound
    known = request.headers.get("if-none-match", "").encode()
    mark = f'"{await door_list.version(phone)}"'
    headers = {"ETag": mark, "Cache-Control": "private, no-cache"}
    if any(matches(known, own.encode()) for own in (mark, f'{mark[:-1]}-gz"')):
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    told = await door_list.door_list(phone)
    told["event"]["commune"] = commune_name(told["event"]["commune"])
    return Response(msgspec.json.encode(told), media_type=JSON, headers=headers)


@post("/{event:str}/scans", status_code=HTTP_200_OK)
async def take_scans(request: Asked, event: FromPath[str], body: RawBody) -> Response[bytes]:
    """Keep what the phone has read; each of its entries is answered, so that it can let go of it."""
    phone = await door_actor(request, hands_in=True)
    if phone.event != event:
        raise NotFound
    given, queue = _read_envelope(read_object(body))
    sent = [entry for one in given if (entry := _read_entry(one))]
    results = {result.id: result for result in await hand_in(sent, queue, phone)}
    answer = {
        "server_time": int(utcnow().timestamp() * 1000),
        "list_version": await door_list.version(phone),
        "results": [_shown(one["id"], results.get(one["id"])) for one in given],
    }
    return Response(msgspec.json.encode(answer), media_type=JSON, headers={"Cache-Control": "no-store"})


def _read_envelope(values: Mapping[str, object]) -> tuple[list[dict[str, Any]], int]:
    """The entries and how many waited. Raises Invalid for what is no list of entries that have an id each."""
    scans, queue, faults = values.get("scans"), values.get("queue", 0), []
    if not isinstance(scans, list) or not all(isinstance(one, dict) for one in scans):
        faults.append(Fault("scans", _("Give a list of scans.")))
    elif len(scans) > MOST:
        faults.append(Fault("scans", _("Send at most %(max)s at a time."), {"max": MOST}))
    elif not all(isinstance(one.get("id"), str) and len(one["id"]) <= 64 for one in scans):
        faults.append(Fault("scans", _("Give each scan an id.")))
    if not isinstance(queue, int) or isinstance(queue, bool) or not 0 <= queue <= 1_000_000:
        faults.append(Fault("queue", _("Write how many scans wait on the phone.")))
    if faults or not isinstance(scans, list) or not isinstance(queue, int):
        raise Invalid(faults=tuple(faults))
    return scans, queue


def _read_entry(one: Mapping[str, Any]) -> Sent | None:
    """An entry as it was sent; None if nothing can be made of it, which holds up no other."""
    place, kind, code, key = one.get("place"), one.get("kind"), one.get("code", one.get("c")), one.get("k")
    at, offset = _number(one.get("t")), _number(one.get("off", 0))
    seq, people = _number(one.get("seq", 0)), _number(one.get("people", 1))
    names = [one.get(name) or "" for name in ("first_name", "last_name")]
    good = (
        _UUID.fullmatch(one["id"])
        and isinstance(kind, str)
        and kind in KINDS
        and (place == "hall" or (isinstance(place, str) and is_id(place)))
        and (key is None or (isinstance(key, str) and _KEY.fullmatch(key)))
        and (code is None or isinstance(code, str))
        and None not in (at, offset, seq, people)
        and 1 <= (people or 0) <= MOST_PEOPLE
        and abs(seq or 0) < 2**31
        and all(isinstance(name, str) for name in names)
        and (kind != "undo" or is_id(one.get("undo_of")))
    )
    taken = _moment(at) if good and at is not None else None
    if not good or taken is None or offset is None or abs(offset) > FARTHEST / timedelta(milliseconds=1):
        return None
    said, method = one.get("local"), one.get("method")
    return Sent(
        id=one["id"],
        seq=seq or 0,
        kind=str(kind),
        session=None if place == "hall" else str(place),
        taken_at=taken,
        offset=timedelta(milliseconds=offset),
        key=key,
        code=read_code(code) if code else None,
        method=method if isinstance(method, str) and method in METHODS else "qr",
        said=OUTCOMES.get(said) if isinstance(said, str) else None,
        let_in=one.get("let_in") is True,
        people=people or 1,
        undoes=one["undo_of"] if kind == "undo" else None,
        first_name=_name(names[0]),
        last_name=_name(names[1]),
    )


def _number(given: object) -> int | None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) < 2**62:
        return None
    return int(given)


def _moment(milliseconds: int) -> datetime | None:
    """Within the years that a clock may show."""
    if not 0 < milliseconds < 4_000_000_000_000:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _name(given: str) -> str:
    """What a volunteer typed at the door, whatever it is, without what cannot be written."""
    return " ".join("".join(char for char in given if char.isprintable()).split())[:NAME_LENGTH]


def _shown(identity: str, result: Result | None) -> dict[str, Any]:
    if result is None:
        return {"id": identity, "outcome": Word.REFUSED_INPUT.value}
    shown: dict[str, Any] = {"id": identity, "outcome": result.word.value}
    if result.first_at:
        shown["first"] = {"t": int(result.first_at.timestamp() * 1000), "by": result.first_by}
    return shown


ROUTES = [show_list, take_scans]
