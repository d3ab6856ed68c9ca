"""The ground: locks without hosts, documented targets and settings, a wheel that is whole."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from workshops.settings import SETTINGS

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUNDLED = ("templates", "static", "locales", "data")
BROWSER_FILES: list[str] = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["required"]
LOCKED = re.compile(r"(?P<name>[a-z0-9-]+)(\[[a-z0-9,-]+\])?==(?P<version>[^ ]+)( ; [a-zA-Z0-9_ .'<>=!()-]+)? \\")
HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?")


def sources() -> list[str]:
    """The files of the tree, as git would take them: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"])
def test_requirements_hold_names_versions_and_hashes_only(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if not LOCKED.fullmatch(line) and not HASH.fullmatch(line)] == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.txt", PYPROJECT["project"]["dependencies"]),
        (
            "requirements-dev.txt",
            PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"],
        ),
        ("requirements-node.txt", PYPROJECT["dependency-groups"]["node"]),
    ],
)
def test_requirements_are_those_of_pyproject(name: str, wanted: list[str]) -> None:
    locked = {m["name"]: m["version"] for m in map(LOCKED.fullmatch, (ROOT / name).read_text().splitlines()) if m}
    requirements = [Requirement(text) for text in wanted]
    assert [r.name for r in requirements if r.name not in locked] == []
    assert [r.name for r in requirements if not r.specifier.contains(locked[r.name])] == []


def test_package_lock_holds_hashes_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wanted = json.loads((ROOT / "package.json").read_text())
    assert packages[""]["dependencies"] == wanted["dependencies"]
    assert packages[""]["devDependencies"] == wanted["devDependencies"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    assert targets == [
        "help",
        "run",
        "test",
        "test-system",
        "bench",
        "lint",
        "fix",
        "lock",
        "build",
        "wheel",
        "clean",
    ]
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make ([a-z-]+) +\S", listed, re.MULTILINE) == targets
    assert re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split() == targets  # type: ignore[index]


def test_procfile() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert lines == ["web: workshops serve", "worker: workshops worker", "release: workshops migrate"]


def test_ci_runs_both_suites() -> None:
    assert (ROOT / ".ci/run").read_text().endswith("\nmake test\nmake test-system\n")


def test_settings_are_documented() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/deploy.md").read_text(), re.MULTILINE)
    assert documented == list(SETTINGS)


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    private = re.compile(r"(?<![\w.-])/(" + "|".join(["work", "root", "home", "Users", "tmp/brief"]) + r")/\w")
    found = []
    for name in sources():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and private.search(content.decode()):
            found.append(name)
    assert found == []


def test_a_missing_python_is_said(tmp_path: Path) -> None:
    result = subprocess.run(
        ["/bin/sh", ROOT / "scripts/venv"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("Python 3.11 or later is needed")


def test_a_wrong_chromium_is_said(tmp_path: Path) -> None:
    result = subprocess.run(
        [ROOT / "scripts/chromium"],
        cwd=tmp_path,
        env={"CHROMIUM_PATH": "nowhere"},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "CHROMIUM_PATH names no program that runs: nowhere\n"


def build_wheel(tree: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tree as a fresh clone has it, with stand-ins for the files that npm brings."""
    copy = tmp_path / "tree"
    for name in [*sources(), *BROWSER_FILES]:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if name in BROWSER_FILES:
            (copy / name).write_text("made by npm")
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture
def installed(tree: Path) -> Path:
    """What the wheel of that tree puts into site-packages."""
    result = build_wheel(tree)
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = (tree / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert len(archive.namelist()) == len(set(archive.namelist()))
        archive.extractall(tree / "installed")
    return tree / "installed"


def test_wheel_is_whole_and_nothing_more(installed: Path) -> None:
    assert {path.name.split("-")[0] for path in installed.iterdir()} == {"workshops", "piccolo_conf.py"}
    package = installed / "workshops"
    brought = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    code = {name.removeprefix("workshops/") for name in sources() if name.startswith("workshops/")}
    rest = {f"bundled/{name}" for name in [*sources(), *BROWSER_FILES] if name.split("/")[0] in BUNDLED}
    assert brought == code | rest


def test_an_installed_wheel_reads_its_own_files(installed: Path) -> None:
    asked = f"from workshops.settings import bundled; print(*map(bundled, {BUNDLED}), sep='\\n')"
    result = subprocess.run([sys.executable, "-c", asked], cwd=installed, capture_output=True, text=True, check=True)
    folders = [Path(line) for line in result.stdout.splitlines()]
    assert folders == [installed / "workshops/bundled" / name for name in BUNDLED]
    assert all(folder.is_dir() for folder in folders)


def test_wheel_without_the_browser_files_is_refused(tree: Path) -> None:
    (tree / BROWSER_FILES[0]).unlink()
    result = build_wheel(tree)
    assert result.returncode != 0
    assert f"Missing: {BROWSER_FILES[0]}. Run `make build` first." in result.stdout + result.stderr
    assert list(tree.rglob("*.whl")) == []


def test_make_build_brings_what_the_wheel_requires() -> None:
    lists = re.findall(r"^\w+ := \$\(addprefix ([\w-]+/),([^$]*)\)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    made = [f"static/vendor/{package}{name}" for package, names in lists for name in names.split()]
    assert made == BROWSER_FILES
