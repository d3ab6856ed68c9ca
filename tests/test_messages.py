"""Every message in both languages: small, complete as text, readable in both schemes, and nothing leads elsewhere."""

import re
from email.message import EmailMessage
from functools import cache
from html.parser import HTMLParser

import httpx
import pytest

from tests import postbox
from tests.postbox import parsed
from tests.routes.test_api import client
from tests.test_mime import TAGS
from workshops import mime
from workshops.demo.samples import NOW, SAMPLES
from workshops.i18n import LOCALES
from workshops.mail import Kind
from workshops.routes.dev_messages import in_scheme
from workshops.settings import ROOT, bundled, settings

production = postbox.production
__all__ = ["client", "production"]
pytestmark = pytest.mark.usefixtures("production")
EVERY = [pytest.param(name, locale, id=f"{name}-{locale}") for name in SAMPLES for locale in LOCALES]
each = pytest.mark.parametrize(("name", "locale"), EVERY)
DRAWN = re.compile(r"✓|\u200b")
"""What only pictures a word that stands beside it."""


class Read(HTMLParser):
    """What a reader of the HTML part gets: tags with attributes, words, and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._hidden: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        classes = dict(attrs).get("class") or ""
        if tag in ("style", "title", "head") or classes in ("month", "number"):
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden and plain(data):
            self.words.append(plain(data))

    def all(self, tag: str, name: str) -> list[str]:
        return [str(attributes[name]) for one, attributes in self.tags if one == tag and attributes.get(name)]


def plain(text: str) -> str:
    """Without what is only drawn, and whatever the spaces."""
    return " ".join(DRAWN.sub("", text).split())


@cache
def written(name: str, locale: str) -> tuple[bytes, EmailMessage, str, str]:
    """The bytes, parsed, its HTML and its text."""
    raw = mime.render(SAMPLES[name].make(locale), NOW)
    message = parsed(raw)
    html, text = (message.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    return raw, message, html.get_content(), text.get_content()


def test_every_kind_of_message_has_a_sample() -> None:
    missing = sorted(set(Kind) - {sample.kind for sample in SAMPLES.values()})
    assert not missing, f"no sample in workshops/demo/samples.py for: {', '.join(missing)}"


def test_every_kind_of_message_is_described() -> None:
    described = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "messages.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(described) == sorted(Kind)


@each
def test_it_is_small_and_passes_every_server(name: str, locale: str) -> None:
    raw, message, html, _text = written(name, locale)
    assert len(html.encode()) < 60 * 1024, "Gmail cuts off what is longer than about 102 KB"
    assert len(raw) < 300 * 1024
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 998
    for part in message.walk():
        if part["content-transfer-encoding"] == "quoted-printable":
            assert max(map(len, str(part.get_payload()).splitlines())) <= 76
    assert 0 < len(message["subject"]) <= 78, message["subject"]
    assert message["content-language"] == locale


@each
def test_its_html_is_readable_to_everybody_and_fetches_nothing(name: str, locale: str) -> None:
    _raw, message, html, _text = written(name, locale)
    read, tags = Read(html), re.findall(r"<(mj-\w+)", html)
    assert not tags, "MJML that was not understood"
    assert dict(read.tags)["html"] | {"lang": locale, "dir": "ltr"} == dict(read.tags)["html"]
    assert [tag for tag, _ in read.tags].count("h1") == 1
    assert all(attributes.get("role") == "presentation" for tag, attributes in read.tags if tag == "table")
    assert all(attributes.get("alt") for tag, attributes in read.tags if tag == "img")
    cids = {f"cid:{str(part['content-id']).strip('<>')}" for part in message.walk() if part["content-id"]}
    assert set(read.all("img", "src")) == cids
    assert not re.search(r"url\(|@import|<link|<script|background=\"", html)
    phone = f"tel:{settings().help_phone.replace(' ', '')}"
    strange = [one for one in read.all("a", "href") if not one.startswith(f"{settings().public_url}/") and one != phone]
    assert not strange


@each
def test_its_text_says_all_that_its_html_says(name: str, locale: str) -> None:
    _raw, _message, html, text = written(name, locale)
    read, said = Read(html), plain(text)
    # The line that lists of messages show stands first, and says again what follows.
    facts = [fact for words in read.words[1:] for fact in re.split(r",(?= |$)", words)]
    assert not [fact for fact in facts if fact.strip() not in said]
    links = {one for one in read.all("a", "href") if one.startswith("http")}
    assert links <= set(text.split())
    tickets = {one for one in text.split() if re.fullmatch(rf"{settings().public_url}/T/\w{{26}}", one)}
    strange = {one for one in text.split() if one.startswith("http")} - links - tickets
    assert not strange, "a link stands alone: what follows would be taken for a part of it"
    assert not re.search(r"[{}<>]|None|  \n\n\n\n", text)


def test_french_messages_have_no_english_left() -> None:
    for name in SAMPLES:
        (_, english, html, text), (_, french, html_fr, text_fr) = written(name, "en"), written(name, "fr")
        same = {line for line in map(plain, text.splitlines()) if len(line.split()) > 3} & set(
            map(plain, text_fr.splitlines())
        )
        assert english["subject"] != french["subject"] or name == "bulletin", name
        assert not {line for line in same if re.search(r"\b(the|you|your|and|is)\b", line)}, name
        assert html != html_fr


def test_every_tag_of_the_templates_is_one_that_mjml_knows() -> None:
    for file in (bundled("templates") / "email").glob("*.mjml"):
        unknown = set(re.findall(r"<(mj[\w-]*)", file.read_text(encoding="utf-8"))) - TAGS
        assert not unknown, f"{file.name}: {unknown} (MJML leaves out what it does not know, and says nothing)"


async def test_the_preview_shows_them_all_in_both_languages(client: httpx.AsyncClient) -> None:
    assert "/dev/messages/your_places/fr" in (await client.get("/dev/messages")).text
    shown = (await client.get("/dev/messages/slot/en?scheme=dark&width=desktop")).text
    assert "METHOD:REQUEST" in shown
    dark = (await client.get("/dev/messages/slot/en/html?scheme=dark")).text
    assert "@media all" in dark
    for wrong in ("/dev/messages/nothing/fr", "/dev/messages/slot/de", "/dev/messages/slot/fr?width=wall"):
        assert (await client.get(wrong)).status_code == 404


def test_dark_is_what_a_reader_s_own_scheme_gives() -> None:
    html = written("your_places", "fr")[2]
    assert "prefers-color-scheme" not in in_scheme(html, "dark") + in_scheme(html, "light")
