"""Every word that people read is there in French, as French is written, and in the words of product.md."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from workshops import i18n
from workshops.i18n import choose_locale

ROOT = Path(__file__).parent.parent
JINJA = {"extensions": "jinja2.ext.do", "trim_blocks": "true", "newstyle_gettext": "true", "encoding": "utf-8"}
CATALOGUES = sorted((ROOT / "locales" / "fr").glob("*.po"))
NARROW, NO_BREAK = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
NEVER_PUBLIC = ("prescription", "jauge", "émargement", "check-in", "rgpd", "no-show", "pointage", "désinscription")
PUBLIC = (
    "after.po",
    "invitations.po",
    "limits.po",
    "public.po",
    "problems.po",
    "pieces.po",
    "email.po",
    "reference.po",
    "reminders.po",
    "self_service.po",
)

PLACEHOLDER = re.compile(r"%\((\w+)\)s")

Words = str | tuple[str, str]


def templates() -> Iterator[tuple[str, Words]]:
    """Where, and which source string; of a plural the two forms."""
    for file in sorted((ROOT / "templates").rglob("*.*")):
        if file.suffix not in (".html", ".mjml", ".txt") or "dev" in file.parts:
            continue
        found = extract_from_file("jinja2.ext:babel_extract", str(file), options=JINJA)
        for line, message, _comments, _context in found:
            source = [message] if isinstance(message, str) else [form for form in message or () if form]
            yield f"{file.relative_to(ROOT)}:{line}", source[0] if len(source) == 1 else (source[0], source[1])


def code() -> Iterator[tuple[str, Words]]:
    """What is marked with _(), and the titles of errors."""
    for file in sorted((ROOT / "workshops").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for value in _sources(node):
                yield f"{file.relative_to(ROOT)}:{value.lineno}", str(value.value)


def _sources(node: ast.AST) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "_":
        yield from (one for one in node.args if isinstance(one, ast.Constant))
    if isinstance(node, ast.ClassDef):
        for line in node.body:
            titled = isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "title"
            if titled and isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
                yield line.value


def messages(file: Path) -> list[Message]:
    """The messages of a catalogue."""
    with file.open("rb") as opened:
        return [message for message in read_po(opened, locale="fr") if message.id]


def forms(message: Message) -> tuple[str, ...]:
    """What the French reader sees of it: one form, or singular and plural."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def test_every_source_string_has_its_french() -> None:
    known = {message.id for file in CATALOGUES for message in messages(file) if all(forms(message))}
    singular = {one if isinstance(one, str) else one[0] for one in known}
    missing = {
        f"{where}: {words}"
        for where, words in [*templates(), *code()]
        if words not in known and not (isinstance(words, str) and words in singular)
    }
    assert not missing, "\n".join(sorted(missing))


def test_one_source_string_has_one_translation() -> None:
    seen = defaultdict(set)
    for file in CATALOGUES:
        for message in messages(file):
            seen[message.id].add(forms(message))
    assert not {source for source, translations in seen.items() if len(translations) > 1}


def test_a_translation_fills_the_same_placeholders() -> None:
    for file in CATALOGUES:
        for message in messages(file):
            sources = message.id if isinstance(message.id, tuple) else (message.id,)
            wanted = {name for source in sources for name in PLACEHOLDER.findall(str(source))}
            for form in forms(message):
                assert wanted - {"num"} <= set(PLACEHOLDER.findall(form)) <= wanted, form


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: str(file.name))
def test_french_is_spaced_as_french_is(file: Path) -> None:
    wrong = [form for message in messages(file) for form in forms(message) if not _well_spaced(form)]
    assert not wrong, "\n".join(wrong)


def _well_spaced(text: str) -> bool:
    bare = re.sub(r"https?://\S+|%\(\w+\)s", "x", text)
    return not (
        re.search(rf"(?<![{NARROW}\s(])[;!?](?!\w)|[ {NO_BREAK}][;!?]", bare)
        or re.search(rf"(?<!{NO_BREAK}):(?!\w|//)", bare)
        or re.search(rf"«(?!{NO_BREAK})|(?<!{NO_BREAK})»", bare)
        or "'" in bare
        or '"' in bare
        or "..." in bare
    )


@pytest.mark.parametrize(
    "text", ["Vraiment?", "Vraiment ?", "Voici:", "Voici :", "« oui »", "l'atelier", "Attention !", "un ; deux"]
)
def test_the_check_of_spaces_finds_what_is_wrong(text: str) -> None:
    assert not _well_spaced(text)


@pytest.mark.parametrize("text", ["Vraiment\u202f?", "Voici\u00a0: un", "«\u00a0oui\u00a0»", "l’atelier", "10:30"])
def test_the_check_of_spaces_lets_good_french_pass(text: str) -> None:
    assert _well_spaced(text)


def test_the_public_never_reads_the_words_of_the_office() -> None:
    texts = {file.name: " ".join(form for one in messages(file) for form in forms(one)) for file in CATALOGUES}
    texts = {name: text for name, text in texts.items() if name in PUBLIC}
    assert len(texts) == len(PUBLIC)
    for file in (ROOT / "templates" / "pages" / "public").glob("*.html"):
        texts[file.name] = re.sub(r"{[{%#].*?[}%#]}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name, text in texts.items():
        assert not [word for word in NEVER_PUBLIC if word in text.lower()], name


def test_pages_hold_no_words_outside_the_catalogue() -> None:
    for file in (ROOT / "templates" / "pages" / "public").glob("*.html"):
        if file.name == "reference.html":
            continue
        shown = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"[A-Za-zÀ-ÿ]{2,}", shown), file.name


@pytest.mark.parametrize(
    ("cookie", "asked", "chosen"),
    [
        (None, None, "fr"),
        (None, "", "fr"),
        (None, "en", "en"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "de-DE, fr;q=0.5, en;q=0.4", "fr"),
        (None, "de, en;q=0.9, fr;q=0.8", "en"),
        (None, "fr;q=0, en;q=0.1", "en"),
        (None, "en;q=0", "fr"),
        (None, "nl, pl;q=0.5", "fr"),
        (None, "*", "fr"),
        (None, ";;;,,q=x", "fr"),
        (None, "en" * 5000, "fr"),
        ("en", "fr", "en"),
        ("fr", "en", "fr"),
        ("xx", "en", "en"),
    ],
)
def test_the_language_is_the_switch_s_then_the_browser_s_then_french(
    cookie: str | None, asked: str | None, chosen: str
) -> None:
    assert choose_locale(cookie, asked) == chosen


def test_dates_and_hours_are_said_in_full() -> None:
    day, start, end = (
        date(2027, 1, 12),
        datetime(2027, 1, 12, 8, tzinfo=UTC),
        datetime(2027, 1, 12, 8, 45, tzinfo=UTC),
    )
    assert i18n.long_date(day, "fr") == "mardi 12 janvier 2027"
    assert i18n.long_date(day, "en") == "Tuesday 12 January 2027"
    assert i18n.hours(start, end, "fr").replace(NO_BREAK, " ") == "de 9 h à 9 h 45"
    assert i18n.hours(start, end, "en") == "from 9:00 to 9:45"
    summer = datetime(2027, 7, 12, 22, 30, tzinfo=UTC)
    assert i18n.long_date(summer, "fr") == "mardi 13 juillet 2027"
    assert i18n.hour(summer, "fr").replace(NO_BREAK, " ") == "0 h 30"
