"""A mailbox by IMAP (RFC 3501). Its calls wait for the server: make them in a thread; `drop` ends one from outside."""

import imaplib
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any

from workshops.incoming.reading import MOST_BYTES, RECIPIENTS, ours
from workshops.mailboxes import Imap

SILENCE_SECONDS = 20
ASIDE = "A voir"
_HEADERS = f"BODY.PEEK[HEADER.FIELDS ({' '.join(RECIPIENTS).upper()})]<0.16384>"
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
TROUBLE = (imaplib.IMAP4.error, OSError, ValueError, IndexError)
"""What a server that is away, refuses us or talks nonsense makes these calls raise."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An unread message that was sent to an address which we have given out: its UID, its size in bytes."""

    uid: str
    size: int


class Mailbox:
    """One visit to INBOX. Nothing is deleted; what nobody of ours has to do with stays as it is."""

    def __init__(self, server: Imap) -> None:
        self._server = server
        self._client: imaplib.IMAP4 | None = None
        self._version = ""

    def unread(self, others: set[str]) -> list[Arrived]:
        """Sign in, and say what is unread and ours, oldest first. What is not joins `others`: it is not asked again."""
        self._client = self._connected()
        self._client.login(self._server.user, self._server.password)
        _ok(self._client.select("INBOX"))
        [found, *_] = _ok(self._client.uid("SEARCH", "UNSEEN"))
        [version, *_] = self._client.response("UIDVALIDITY")[1]
        self._version = (version or b"").decode("ascii", "replace")
        arrived = []
        for uid in (found or b"").decode("ascii").split():
            if self.key(uid) not in others:
                one = self._looked_at(uid)
                arrived += [one] if one else []
                others |= set() if one else {self.key(uid)}
        return arrived

    def key(self, uid: str) -> str:
        """What names a message of this mailbox for ever (RFC 3501 §2.3.1.1)."""
        return f"{self._version} {uid}"

    def raw(self, uid: str) -> bytes:
        """A message as it is, one byte more than we read at most; still unread."""
        return _literal(_ok(self._call(uid, "FETCH", f"(BODY.PEEK[]<0.{MOST_BYTES + 1}>)")))

    def done(self, uid: str) -> None:
        """It is dealt with: read."""
        _ok(self._call(uid, "STORE", "+FLAGS.SILENT", r"(\Seen)"))

    def set_aside(self, uid: str) -> None:
        """A copy that is unread goes into the folder "A voir", for humans; where that fails it gets a flag instead."""
        if self._client and self._call(uid, "COPY", f'"{ASIDE}"')[0] != "OK":
            self._client.create(f'"{ASIDE}"')
            if self._call(uid, "COPY", f'"{ASIDE}"')[0] != "OK":
                self._call(uid, "STORE", "+FLAGS.SILENT", r"(\Flagged)")
        self.done(uid)

    def leave(self) -> None:
        """Take leave of the server."""
        if self._client:
            with suppress(*TROUBLE):
                self._client.logout()

    def drop(self) -> None:
        """End the connection, also under a call that waits in another thread: it raises one of TROUBLE."""
        if self._client:
            with suppress(*TROUBLE):
                self._client.sock.shutdown(socket.SHUT_RDWR)
            with suppress(*TROUBLE):
                self._client.shutdown()

    def _connected(self) -> imaplib.IMAP4:
        where = self._server.host, self._server.port
        if self._server.secure:
            return imaplib.IMAP4_SSL(*where, ssl_context=ssl.create_default_context(), timeout=SILENCE_SECONDS)
        return imaplib.IMAP4(*where, timeout=SILENCE_SECONDS)

    def _looked_at(self, uid: str) -> Arrived | None:
        data = _ok(self._call(uid, "FETCH", f"(RFC822.SIZE {_HEADERS})"))
        if not ours(message_from_bytes(_literal(data))):
            return None
        said = b" ".join(one[0] if isinstance(one, tuple) else one for one in data if one)
        size = _SIZE.search(said)
        return Arrived(uid, int(size[1]) if size else 0)

    def _call(self, uid: str, command: str, *words: str) -> tuple[str, list[Any]]:
        if self._client is None:
            raise OSError("not connected")
        return self._client.uid(command, uid, *words)


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("refused")
    return answer[1]


def _literal(data: list[Any]) -> bytes:
    """The bytes that a FETCH answers with; none if the message is gone."""
    return next((bytes(one[1]) for one in data if isinstance(one, tuple)), b"")
