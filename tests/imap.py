"""A mailbox in the test's own process and loop, as much of it as a reader asks for; it can fall silent or hang up."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from workshops.mailboxes import Imap


@dataclass
class Post:
    """A message in a mailbox: what it is, and its flags."""

    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Mailboxes:
    """The folders of one account. `silent`: answers no more from that command on; `drops`: hangs up at it, once.

    `claims`: the size it claims for every message; `asked` is what it was asked, without passwords.
    """

    inbox: list[Post] = field(default_factory=list)
    folders: dict[str, list[bytes]] = field(default_factory=dict)
    silent: str = ""
    drops: str = ""
    claims: int | None = None
    asked: list[str] = field(default_factory=list)
    waits: asyncio.Event = field(default_factory=asyncio.Event)

    def arrives(self, *raws: bytes) -> None:
        """These are there now, unread."""
        self.inbox += [Post(raw) for raw in raws]

    def unread(self) -> list[bytes]:
        """What nobody has read."""
        return [post.raw for post in self.inbox if "\\Seen" not in post.flags]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation."""
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, command = line.decode().rstrip("\r\n").split(" ", 1)
            self.asked.append(command if not command.startswith("LOGIN") else "LOGIN")
            if self.silent and self.silent in command:
                self.waits.set()
                await reader.read()
                break
            if self.drops and self.drops in command:
                self.drops = ""
                break
            writer.write(self._answer(command))
            writer.write(f"{tag} {self._verdict(command)}\r\n".encode())
            if command == "LOGOUT":
                break
        writer.close()

    def _verdict(self, command: str) -> str:
        if command.startswith("LOGIN"):
            return "OK welcome" if command.endswith('"secret"') else "NO [AUTHENTICATIONFAILED] no"
        if found := re.match(r'UID COPY (\d+) "(.+)"', command):
            if found[2] not in self.folders:
                return "NO [TRYCREATE] no such folder"
            self.folders[found[2]].append(self.inbox[int(found[1]) - 1].raw)
        if found := re.match(r'CREATE "(.+)"', command):
            self.folders[found[1]] = []
        return "OK done"

    def _answer(self, command: str) -> bytes:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.startswith("SELECT"):
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n" % len(self.inbox)
        if command == "UID SEARCH UNSEEN":
            uids = [str(n) for n, post in enumerate(self.inbox, 1) if "\\Seen" not in post.flags]
            return f"* SEARCH {' '.join(uids)}\r\n".encode()
        if found := re.match(r"UID STORE (\d+) \+FLAGS.SILENT \((.+)\)", command):
            self.inbox[int(found[1]) - 1].flags.add(found[2])
        if found := re.match(r"UID FETCH (\d+) \((.+)\)$", command):
            return self._fetched(int(found[1]), found[2])
        return b""

    def _fetched(self, uid: int, what: str) -> bytes:
        raw = self.inbox[uid - 1].raw
        content, most = raw, int(str(re.search(r"<0\.(\d+)>", what)[1]))  # type: ignore[index]
        if "HEADER.FIELDS" in what:
            names = str(re.search(r"HEADER.FIELDS \((.+?)\)", what)[1]).encode().split()  # type: ignore[index]
            head = re.sub(rb"\r\n[ \t]+", b" ", raw.split(b"\r\n\r\n")[0]).split(b"\r\n")
            content = b"\r\n".join(one for one in head if one.split(b":")[0].upper() in names) + b"\r\n\r\n"
        size = self.claims if self.claims is not None else len(raw)
        content = content[:most]
        return b"* %d FETCH (UID %d RFC822.SIZE %d BODY[] {%d}\r\n%b)\r\n" % (uid, uid, size, len(content), content)


@asynccontextmanager
async def mailbox(boxes: Mailboxes, password: str = "secret") -> AsyncIterator[Imap]:
    """`boxes` on a port of 127.0.0.1."""
    server = await asyncio.start_server(boxes.talk, "127.0.0.1", 0, limit=2**21)
    try:
        yield Imap("127.0.0.1", server.sockets[0].getsockname()[1], False, "us", password)
    finally:
        server.close()
