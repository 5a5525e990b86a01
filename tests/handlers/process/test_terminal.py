"""A person at a terminal is asked back, and a program never is."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from handlers.process.exit_codes import ExitCode
from handlers.process.terminal import Terminal, run_wizard

ANSWERS = ["look", "", "the key", "c2VjcmV0", "", "", "yes", "123:demo", "1001"]


class Keyboard(io.StringIO):
    """Standard input with somebody at it."""

    def isatty(self) -> bool:
        return True


def typing(*answers: str | type[BaseException]) -> Callable[[str], str]:
    left = list(answers)

    def ask(_: str) -> str:
        answer = left.pop(0)
        if isinstance(answer, str):
            return answer
        raise answer

    return ask


def terminal(*answers: str | type[BaseException], source: io.StringIO | None = None) -> Terminal:
    ask = typing(*answers)
    return Terminal(source=source or Keyboard(), out=io.StringIO(), ask=ask, ask_secret=ask)


def said(person: Terminal) -> str:
    assert isinstance(person.out, io.StringIO)
    return person.out.getvalue()


@pytest.mark.parametrize(
    ("answer", "is_yes"),
    [("yes", True), (" Y ", True), ("no", False), ("", False), ("sure", False), (EOFError, False)],
)
def test_only_a_plain_yes_confirms(answer: str | type[BaseException], is_yes: bool) -> None:
    assert terminal(answer).confirm("Trade again?") is is_yes


def test_where_nobody_can_be_asked_the_answer_is_no() -> None:
    person = terminal("yes", source=io.StringIO("yes\n"))
    assert person.confirm("Trade again?") is False
    assert "--yes" in said(person)


def test_the_wizard_says_how_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    person = terminal(*ANSWERS)
    assert run_wizard(path, person) is ExitCode.DONE
    assert path.exists()
    assert said(person).splitlines()[-1] == f"Then: .venv/bin/python bot.py run --config {path}"


def test_who_has_no_id_yet_is_shown_the_way_to_it(tmp_path: Path) -> None:
    person = terminal(*ANSWERS[:-1], "")
    assert run_wizard(tmp_path / "config.toml", person) is ExitCode.DONE
    assert said(person).endswith("config.toml --pair\n")


@pytest.mark.parametrize("leaving", [EOFError, KeyboardInterrupt])
def test_who_leaves_early_leaves_nothing_behind(
    tmp_path: Path, leaving: type[BaseException]
) -> None:
    person = terminal(*ANSWERS[:3], leaving)
    assert run_wizard(tmp_path / "config.toml", person) is ExitCode.REFUSED
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_left_alone_before_any_question(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    assert run_wizard(path, terminal()) is ExitCode.REFUSED
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    person = terminal(*ANSWERS)
    assert run_wizard(tmp_path / "absent" / "config.toml", person) is ExitCode.REFUSED
    assert "cannot be written: No such file" in said(person)
