"""Debian's Postfix and Dovecot in a folder of their own: mail comes in by SMTP, is delivered by LMTP, read by IMAP."""

import imaplib
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.processes import free_port

DOMAIN = "example.org"
OURS = f"inscription@{DOMAIN}"
PASSWORD = "secret"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mx.{domain}
mydestination =
alias_maps =
local_recipient_maps =
recipient_delimiter = +
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:all
virtual_alias_maps = inline:{{ {{rsvp@{domain} = {ours}}}, {{bounce@{domain} = {ours}}} }}
virtual_transport = lmtp:unix:{folder}/dovecot/lmtp
smtputf8_enable = no
"""
MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT = """\
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
recipient_delimiter = +
auth_username_format = %Lu
mail_location = maildir:{folder}/mail/%n
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Post:
    """A post office: its ports on 127.0.0.1, and the folder with what its servers say."""

    smtp: int
    imap: int
    folder: Path

    def inbox_url(self) -> str:
        """What INBOX_URL says of our mailbox."""
        return f"imap://{OURS.replace('@', '%40')}:{PASSWORD}@127.0.0.1:{self.imap}"

    def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """Hand a message to Postfix."""
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=10) as client:
            client.sendmail(sender, [recipient], raw)

    def messages(self, mailbox: str) -> list[EmailMessage]:
        """What is in a mailbox, as its owner's program sees it."""
        with imaplib.IMAP4("127.0.0.1", self.imap, timeout=10) as client:
            client.login(mailbox, PASSWORD)
            client.select("INBOX", readonly=True)
            found = client.uid("SEARCH", "ALL")[1][0].split()
            raws = [client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0] for uid in found]
        return [message_from_bytes(raw[1], policy=policy.default) for raw in raws if isinstance(raw, tuple)]

    def words(self) -> str:
        """The last of what its servers said."""
        files = [self.folder / name for name in ("postfix.log", "dovecot.log")]
        return "\n".join(file.read_text(errors="replace")[-4000:] for file in files if file.exists())


@contextmanager
def post_office(*mailboxes: str) -> Iterator[Post]:
    """Both servers, with our mailbox and these; the address of any other at `DOMAIN` does not exist."""
    folder = Path(tempfile.mkdtemp(prefix="post-", dir="/tmp"))
    folder.chmod(0o755)
    post = Post(free_port(), free_port(), folder)
    _write(post, (OURS, *mailboxes))
    servers = [
        subprocess.Popen(["/usr/sbin/postfix", "-c", str(folder / "postfix"), "start-fg"], stderr=subprocess.DEVNULL),
        subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")]),
    ]
    try:
        _wait(post, servers)
        yield post
    finally:
        # its master is no child of ours: a signal to what we started would leave it running
        subprocess.run(
            ["/usr/sbin/postfix", "-c", str(folder / "postfix"), "stop"], stderr=subprocess.DEVNULL, check=False
        )
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _write(post: Post, mailboxes: tuple[str, ...]) -> None:
    folder = post.folder
    for name in ("postfix", "queue", "data", "dovecot", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "mail")
    given = {"folder": folder, "domain": DOMAIN, "ours": OURS, "smtp": post.smtp, "imap": post.imap}
    (folder / "postfix" / "main.cf").write_text(MAIN.format(**given))
    (folder / "postfix" / "master.cf").write_text(MASTER.format(**given))
    (folder / "dovecot.conf").write_text(DOVECOT.format(**given))
    owner = (folder / "mail").stat().st_uid
    lines = [f"{one}:{{PLAIN}}{PASSWORD}:{owner}:8::{folder}/mail::" for one in mailboxes]
    (folder / "users").write_text("\n".join(lines) + "\n")


def _wait(post: Post, servers: list[subprocess.Popen[bytes]]) -> None:
    """Until both answer. Raises RuntimeError, with what they said, if one ends first or after 30 s."""
    waits_until = time.monotonic() + 30
    for port in (post.smtp, post.imap):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except OSError:
                time.sleep(0.1)  # another process, which sends no event
            if time.monotonic() > waits_until or any(server.poll() is not None for server in servers):
                raise RuntimeError(f"a mail server does not answer:\n{post.words()}")
