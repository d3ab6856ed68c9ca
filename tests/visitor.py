"""A person with a browser without JavaScript: follows links, fills in forms, presses buttons."""

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import httpx

from workshops.database import utcnow
from workshops.routes.form_signs import served

NAMELESS = {"submit", "checkbox", "radio"}


@dataclass(slots=True)
class Button:
    """A button that sends its form."""

    label: str = ""
    name: str | None = None
    value: str = ""
    action: str | None = None


@dataclass(slots=True)
class Form:
    """A form as the page offers it: what is filled in or ticked already, and what may be ticked."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    read: bool = False


class Page(HTMLParser):
    """An answer, read: its text, links and forms, and how many elements it has."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        self.words: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.nodes = 0
        self._button: Button | None = None
        self._select = ""
        self.feed(self.html)

    @property
    def text(self) -> str:
        """What is read, in one line, with ordinary spaces."""
        return " ".join(" ".join(self.words).split())

    @property
    def path(self) -> str:
        """Where it was found, with its query."""
        return self.answer.url.raw_path.decode()

    def link(self, end: str) -> str:
        """The one address that ends so."""
        return next(link for link in self.links if link.split("?")[0].endswith(end))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, forms and their fields."""
        self.nodes += 1
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(given["action"], given.get("method", "get")))
        elif tag in ("input", "textarea") and self.forms:
            self._field(given)
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.forms[-1].fields.append((self._select, given["value"]))
        elif tag == "button":
            self._button = Button("", given.get("name"), given.get("value", ""), given.get("formaction"))
            self.forms[-1].buttons.append(self._button)

    def handle_endtag(self, tag: str) -> None:
        """Note where a button ends."""
        if tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        """Note the words."""
        self.words.append(data)
        if self._button is not None:
            self._button.label = " ".join(f"{self._button.label} {data}".split())

    def _field(self, given: dict[str, str]) -> None:
        form, kind = self.forms[-1], given.get("type", "text")
        if "disabled" in given:
            return
        pair = given["name"], given.get("value", "")
        if kind in NAMELESS:
            form.boxes.append(pair)
        if kind not in NAMELESS or "checked" in given:
            form.fields.append(pair)


class Visitor:
    """Opens pages and sends their forms, keeping cookies; has taken a minute for each, unlike a program."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.takes_time = client, True

    async def open(self, path: str) -> Page:
        """Follow a link."""
        return Page(await self.client.get(path, follow_redirects=True))

    async def press(self, page: Page, button: str, /, *untick: str, **given: str | list[str]) -> Page:
        """Fill in `given` (`__` stands for a dot), untick boxes by value, press the button whose label begins so."""
        form, pressed = next((form, one) for form in page.forms for one in form.buttons if one.label.startswith(button))
        names = {name.replace("__", "."): value for name, value in given.items()}
        if self.takes_time and not form.read:
            form.read, early = True, served(utcnow() - timedelta(minutes=1))
            form.fields = [(name, early if name == "served" else value) for name, value in form.fields]
        pairs = [(name, value) for name, value in form.fields if name not in names and value not in untick]
        for name, value in names.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        if pressed.name:
            pairs.append((pressed.name, pressed.value))
        target = urljoin(page.path, pressed.action or form.action)
        if form.method == "get":
            return await self.open(f"{target}?{urlencode(pairs)}")
        return await self.send(target, pairs)

    async def send(self, path: str, pairs: list[tuple[str, str]]) -> Page:
        """Send a form as a browser would, and follow where it leads."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        answer = await self.client.post(path, content=urlencode(pairs).encode(), headers=headers, follow_redirects=True)
        return Page(answer)
