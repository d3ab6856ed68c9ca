"""Everything that the journal keeps has words, in French too: actions are read from the code that keeps them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshops.i18n import translate
from workshops.routes.office.audit_actions import ACTIONS, KINDS

PACKAGE = Path(__file__).parent.parent / "workshops"
TREES = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Call = tuple[ast.Call, Path, Function]
Passed = tuple[ast.expr, Path, Function]


class Unreadable(Exception):
    """What an action may be cannot be read from the code."""


def calls(name: str) -> Iterator[Call]:
    """Every call of a function of this name, with the function that it stands in."""
    for file, tree in TREES.items():
        for function in ast.walk(tree):
            if isinstance(function, Function):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
                        yield node, file, function


def notes(name: str) -> Iterator[tuple[list[ast.expr], Path, Function]]:
    """The positional arguments of audit.note or audit.listed, also those that come in one `*(…)`."""
    for call, file, function in calls(name):
        if ast.unparse(call.func) == f"audit.{name}":
            spread = call.args[0]
            inner = spread.value if isinstance(spread, ast.Starred) else None
            yield (list(inner.elts) if isinstance(inner, ast.Tuple) else list(call.args)), file, function


def texts(node: ast.expr, file: Path, function: Function) -> set[str]:
    """What an expression may be: constants, choices, what callers pass, the values of an enum. Raises Unreadable."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp():
            return texts(node.body, file, function) | texts(node.orelse, file, function)
        case ast.JoinedStr():
            found = {""}
            for part in node.values:
                inner = part.value if isinstance(part, ast.FormattedValue) else part
                found = {before + after for before in found for after in texts(inner, file, function)}
            return found
        case ast.Name(id=name):
            return _named(name, file, function)
        case ast.Attribute(attr=name):
            return _attribute(name, file)
    raise Unreadable(f"{file.name}: {ast.unparse(node)}")


def _named(name: str, file: Path, function: Function) -> set[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    names = [argument.arg for argument in arguments]
    if name in names:
        defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
        given = [_passed(call, name, names, defaults.get(name)) for call in _own_calls(function, file)]
        return set().union(*(texts(*one) for one in given))
    assigned = [
        one.value
        for one in ast.walk(function)
        if isinstance(one, ast.Assign) and any(ast.unparse(target) == name for target in one.targets)
    ]
    if not assigned:
        raise Unreadable(f"{file.name}: {name}")
    return set().union(*(texts(node, file, function) for node in assigned))


def _own_calls(function: Function, file: Path) -> list[Call]:
    """Calls of this very function: a private one is called in its own file."""
    found = [call for call in calls(function.name) if not function.name.startswith("_") or call[1] == file]
    if not found:
        raise Unreadable(f"{file.name}: nobody calls {function.name}")
    return found


def _passed(call: Call, name: str, names: list[str], default: ast.expr | None = None) -> Passed:
    """What a call passes for a parameter of this name."""
    node, file, function = call
    for keyword in node.keywords:
        if keyword.arg == name:
            return keyword.value, file, function
    if names.index(name) < len(node.args):
        return node.args[names.index(name)], file, function
    if default is None:
        raise Unreadable(f"{file.name}: {ast.unparse(node)}")
    return default, file, function


def _attribute(name: str, file: Path) -> set[str]:
    """A member of an enum; else what a dataclass of this file is given under this name."""
    found: set[str] = set()
    for where, tree in TREES.items():
        for made in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            for line in made.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == name:
                    found |= {str(line.value.value)} if isinstance(line.value, ast.Constant) else set()
            fields = [ast.unparse(line.target) for line in made.body if isinstance(line, ast.AnnAssign)]
            if where == file and name in fields:
                passed = [_passed(call, name, fields) for call in calls(made.name)]
                found |= set().union(*(texts(*one) for one in passed))
    if not found:
        raise Unreadable(f"{file.name}: .{name}")
    return found


def kept() -> set[str]:
    """Every action that the code keeps."""
    found = {text for args, file, function in notes("note") for text in texts(args[1], file, function)}
    lists = {text for args, file, function in notes("listed") for text in texts(args[1], file, function)}
    return found | {f"list_{what}" for what in lists}


def test_every_action_has_words_in_both_languages() -> None:
    assert kept() - {"list_"} <= ACTIONS.keys()
    for said in ACTIONS.values():
        assert translate("fr", said) not in ("", said), said


def test_no_words_are_for_an_action_that_nobody_takes() -> None:
    assert ACTIONS.keys() <= kept()


def test_every_kind_of_object_has_words() -> None:
    kinds = {args[2].value for args, _, _ in notes("note") if isinstance(args[2], ast.Constant)}
    assert kinds <= KINDS.keys()


def test_an_action_that_cannot_be_read_is_an_error() -> None:
    (function,) = ast.parse("async def verb(found):\n    await audit.note(actor, found[0])").body
    assert isinstance(function, ast.AsyncFunctionDef)
    with pytest.raises(Unreadable):
        texts(ast.parse("found[0]", mode="eval").body, Path("x.py"), function)
