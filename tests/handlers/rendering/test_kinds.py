"""Each kind of message that is ever sent unasked is in the one table, with its sound."""

import ast
from datetime import UTC

import pytest

from handlers.rendering.kinds import KINDS, is_loud, muted
from handlers.rendering.notices import render_notice
from tests.support.shared import ROOT
from trading.config.sections import NotifyTable

MAKERS = {"OwnerNotice", "NewNotice", "make_notice", "_make_notice"}
TELLERS = {"tell", "_notice"}


def kinds_in_the_sources() -> set[str]:
    """Every literal kind that some code makes a notice of."""
    found: set[str] = set()
    for top in ("trading", "composition", "handlers"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    found |= literal_kinds(node)
    return found


def literal_kinds(call: ast.Call) -> set[str]:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    given: list[ast.expr] = []
    if name in MAKERS:
        given = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
    elif name in TELLERS:
        given = call.args[:1]
    return {
        each.value
        for each in given
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def test_every_kind_that_is_made_is_in_the_table() -> None:
    made = kinds_in_the_sources()
    assert {"trading_state", "breaker", "fill", "started"} <= made, "the search finds something"
    assert made - set(KINDS) == set()


def test_what_stops_trading_or_needs_somebody_is_heard_at_night() -> None:
    heard = ("trading_state", "risk", "order_unknown", "order_incident", "run_interrupted")
    assert [kind for kind in heard if not is_loud(kind)] == []
    assert [
        kind for kind in ("fill", "order", "breaker", "started", "notice") if is_loud(kind)
    ] == []


def test_what_nobody_has_thought_of_is_heard() -> None:
    assert is_loud("something new")


@pytest.mark.parametrize("switch", sorted(NotifyTable.model_fields))
def test_each_switch_of_the_configuration_mutes_something_and_nothing_loud(switch: str) -> None:
    everything = dict.fromkeys(NotifyTable.model_fields, True)
    assert muted(everything) == frozenset()
    silenced = muted(everything | {switch: False})
    assert silenced
    assert not any(map(is_loud, silenced))


def test_a_switch_is_a_key_of_the_configuration() -> None:
    switches = {kind.switch for kind in KINDS.values() if kind.switch is not None}
    assert switches == set(NotifyTable.model_fields)


def test_a_text_has_a_head_that_tells_its_kind() -> None:
    payload = {"text": "kraken: <opened>", "key": None, "at": "2026-01-05T12:00:00+00:00"}
    shown = {kind: render_notice(kind, payload, zone=UTC) for kind in ("breaker", "risk", "key")}
    assert len(set(shown.values())) == 3
    assert all(words.endswith("\nkraken: &lt;opened&gt;") for words in shown.values())
