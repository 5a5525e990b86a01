"""House rules that no linter knows."""

import ast
import re

from tests.architecture.sources import (
    PRODUCTION,
    functions,
    modules,
    occurrences,
    project_files,
    relative,
    text_of,
)
from tests.support.shared import ROOT

# Written so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~$}*-])/(?:home|root|work|Users|mnt)/[\w.-]+")
HOW_IT_IS_MADE = re.compile(r"\bissues? (?:show )?#?\d+\b|#\d+\b.*\bissue\b", re.IGNORECASE)
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no)", re.IGNORECASE)
SILENCED_WITH_REASON = re.compile(
    r"#\s*(?:noqa:\s*[A-Z0-9, ]*[A-Z0-9]|type:\s*ignore\[[\w, -]+\]|pragma:\s*no \w+)"
    r"\s*[-–—:#(]+\s*\w+",
    re.IGNORECASE,
)
THIS_FILE = "tests/architecture/test_house_rules.py"
PATCHING = {"monkeypatch", "mocker", "mock"}


def test_no_file_names_a_machine() -> None:
    texts = [path for path in project_files() if text_of(path) is not None]
    ours = [path for path in texts if not relative(path).startswith("deploy/")]
    assert occurrences(MACHINE_PATH, ours) == []


def test_no_file_tells_how_the_project_is_made() -> None:
    ours = [path for path in project_files() if relative(path) != THIS_FILE]
    assert occurrences(HOW_IT_IS_MADE, ours) == []


def test_what_silences_a_check_says_why() -> None:
    sources = [path for path in modules(*PRODUCTION, "tests") if relative(path) != THIS_FILE]
    silenced = occurrences(SILENCED, sources)
    assert [line for line in silenced if not SILENCED_WITH_REASON.search(line)] == []


def test_nothing_is_left_for_later() -> None:
    unfinished = [
        f"{relative(path)}:{node.lineno}"
        for path in modules(*PRODUCTION)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "NotImplementedError"
    ]
    assert unfinished == []


def test_tests_pass_fakes_in_and_patch_nothing() -> None:
    patched = [
        f"{relative(path)}:{function.lineno} {function.name}"
        for path in modules("tests")
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        for argument in [*function.args.args, *function.args.kwonlyargs]
        if argument.arg in PATCHING
    ]
    assert patched == []


def test_tests_mirror_the_tree() -> None:
    mirrored = ("handlers", "trading", "storage", "simulators", "bench")
    folders = {
        path.parent.relative_to(ROOT / "tests")
        for path in modules("tests")
        if path.relative_to(ROOT / "tests").parts[0] in mirrored
    }
    assert [str(folder) for folder in sorted(folders) if not (ROOT / folder).is_dir()] == []


def test_no_test_runs_only_when_it_is_named_well() -> None:
    misnamed = [
        f"{relative(path)}:{function.lineno} {function.name}"
        for path in modules("tests")
        if not path.name.startswith("test_") and "support" not in path.parts
        for function in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and function.name.startswith("test_")
        and "contracts" not in path.parts
    ]
    assert misnamed == []
