"""What is installed is pinned, hashed, and comes from nowhere in particular."""

import re
from pathlib import Path

import pytest

from tests.support.shared import ROOT

COMPILED = sorted(ROOT.glob("requirements*.txt"))
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^\]]*\])?==\S+")
WANTED = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def logical_lines(path: Path) -> list[str]:
    joined = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def pinned(path: Path) -> set[str]:
    found = [REQUIREMENT.match(line) for line in logical_lines(path)]
    return {canonical(match["name"]) for match in found if match}


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.name)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    lines = [line for line in logical_lines(path) if not line.lstrip().startswith("#")]
    loose = [line for line in lines if not REQUIREMENT.match(line) or "--hash=sha256:" not in line]
    assert lines
    assert loose == []


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.name)
def test_requirements_name_no_index_host_or_path(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"https?://\S+|file:\S+|^-{1,2}[a-z]\S*|(?<![\w.-])/\w+", text, re.MULTILINE)
        == []
    )


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.name)
def test_everything_asked_for_is_compiled(path: Path) -> None:
    asked = path.with_suffix(".in").read_text(encoding="utf-8").splitlines()
    names = {canonical(match["name"]) for line in asked if (match := WANTED.match(line))}
    assert names - pinned(path) == set()


def test_the_gate_tests_the_versions_that_run() -> None:
    production = [line.split("--hash")[0].strip() for line in lines_of("requirements.txt")]
    development = [line.split("--hash")[0].strip() for line in lines_of("requirements-dev.txt")]
    assert set(production) - set(development) == set()


def lines_of(name: str) -> list[str]:
    return [line for line in logical_lines(ROOT / name) if REQUIREMENT.match(line)]
