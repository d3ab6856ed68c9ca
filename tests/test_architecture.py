"""The rules of the house (docs/architecture.md): imports go down only, files stay small, names say what they do."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "workshops"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 250
BANNED = re.compile(r"(service|repository|manager|utils|helper|common|core|base|info|process)s?$")
FOREIGN_NAMES = {"MigrationManager", "ForwardsMigrationManager", "BaseTransaction"}

# From the top down: a module imports from lower layers only, and within its layer along ALONGSIDE.
VERBS = {"registrations", "changes", "contacts", "checkin", "devices", "expected", "programme", "demo", "credentials"}
VERBS |= {"sign_in", "accounts", "imports", "planning", "halls", "exhibitors", "rescheduling", "holds", "bulletins"}
VERBS |= {"calls", "own_account", "account_links", "phones", "handing_in", "replacements"}
VERBS |= {"stand_invitations", "contacts_shared", "waiting_list", "passing_on", "proofs"}
VERBS |= {"referrals", "digests", "after", "post_orders", "morning_texts", "days_told"}
VERBS |= {"reminders", "unsubscribe"}
VERBS |= {"new_addresses", "lost_links", "opt_ins", "privacy"}
VERBS |= {"replies", "bounces"}
LAYERS = [
    {"cli"},
    {"run"},
    {"server"},
    {"app", "worker"},
    {"edge"},
    {"routes"},
    {"access", "answers", "inbox"},
    VERBS
    | {
        "attendees",
        "feeds",
        "agenda",
        "desk",
        "entrance",
        "paper_list",
        "door_list",
        "conflicts",
        "journal",
        "people",
        "openings",
        "profiles",
        "roster",
        "stands",
    }
    | {"referred", "prospects", "post_room"},
    {"promotion", "freed", "identity", "stand_news"},
    {"standings", "clashes", "consequences", "handover", "kept", "groups", "schools", "logins"}
    | {"second_factor", "bursts"},
    {
        "stand_links",
        "places",
        "newcomers",
        "papers",
        "idempotency",
        "scans",
        "rights",
        "companies",
        "audit",
        "selection",
        "advisers",
        "invitations",
        "news",
        "received",
    },
    {"delivery"},
    {"outcomes"},
    {"mime", "deadlines", "invited", "undeliverable", "gateway"},
    {"shown"},
    {"letters"},
    {"sent_people", "attendance", "call_list"},
    {"texts", "reply_addresses", "unsubscribe_links"},
    {"mail", "transport", "calendar", "limits", "parts", "pauses", "claims", "text_budget"},
    {"mail_links", "throttle", "overlaps"},
    {"metrics"},
    {"pasted"},
    {"spelling"},
    {"persons", "descriptions", "totp"},
    {"fields", "actors", "refusals", "tickets", "jobs", "communes", "merge", "verdict"}
    | {"turns", "offers", "failures", "passwords", "occupancy", "grid", "slot_rules", "sheets", "gsm"}
    | {"incoming"},
    {"tables", "schema", "piccolo_app", "migrations"},
    {"database"},
    {"sqlite_engine", "postgres_engine"},
    {"transactions"},
    {"i18n", "logs", "apart"},
    {"settings"},
    {"errors", "ids", "sql", "mailboxes"},
]
ALONGSIDE: set[tuple[str, str]] = {("grid", "slot_rules")}


def module(path: Path) -> str:
    """The layer's name of a file: its module, or the package it belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The names of our own modules that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "workshops":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workshops."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("workshops.")}
    return found


def rank(name: str) -> int:
    """How far below the top a module stands."""
    return next(number for number, layer in enumerate(LAYERS) if name in layer)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    name = module(path)
    if name == "__init__":
        return
    for other in imported(path) - {name}:
        allowed = rank(other) > rank(name) or (name, other) in ALONGSIDE
        assert allowed, f"{name} must not import {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_litestar_is_imported_from_access_up(path: Path) -> None:
    if module(path) in {"access", "answers", "routes", "app", "edge"}:
        return
    assert not re.search(r"^\s*(from|import) litestar", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_verbs_do_not_call_verbs() -> None:
    for path in FILES:
        if module(path) in VERBS:
            assert not imported(path) & (VERBS - {module(path)}), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_name_says_what_it_does(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    for name in [path.stem, *(node.name for node in named)]:
        word = re.split(r"_|(?<=[a-z])(?=[A-Z])", name)[-1].lower()
        assert name in FOREIGN_NAMES or not BANNED.fullmatch(word), f"{path.name}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_others_call_says_what_it_promises(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or (path.name == "__init__.py" and not path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            enum = isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases)
            assert enum or node.name == "forwards" or ast.get_docstring(node), f"{path.name}: {node.name}"


def test_only_the_database_and_its_migrations_know_the_engine() -> None:
    allowed = {"database", "sqlite_engine", "postgres_engine", "transactions", "migrations"}
    for path in FILES:
        if module(path) not in allowed:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"engine_type|sqlite3|asyncpg|pg_advisory|PRAGMA", text), path


def test_no_function_is_longer_than_a_screen() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path.name}: {node.name}"


def test_the_description_of_the_house_names_every_module() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)/?`", text))
    assert {module(path) for path in FILES} - {"__init__"} <= named
