"""What happened to the bot is told whole: what, what it did, what the owner can do."""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.rendering.notices import render_notice
from handlers.rendering.text import plain

CALM: dict[str, Any] = {
    "venue": "kraken",
    "error": None,
    "changed": [],
    "adopted": 0,
    "fills": 0,
    "unknown": [],
    "problems": [],
}
STARTED: dict[str, Any] = {
    "is_first": False,
    "was_clean": True,
    "runs_interrupted": [],
    "venues": [CALM],
}


def told(kind: str, payload: Mapping[str, Any]) -> str:
    """Return the words as a reader sees them, after the way through the outbox."""
    return plain(render_notice(kind, json.loads(json.dumps(payload)), zone=UTC))


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("active", ("🟢 Trading is active: I said so", "/halt stops it")),
        ("reducing", ("🟠 Trading is reducing", "Only orders that reduce")),
        ("halted", ("🔴 Trading is halted", "No new order is placed", "/resume")),
    ],
)
def test_the_trading_state(mode: str, words: tuple[str, ...]) -> None:
    payload = {"mode": mode, "reason": "I said so", "by": "1", "since": "2026-07-05T12:00:00Z"}
    shown = plain(render_notice("trading_state", payload, zone=ZoneInfo("Europe/Berlin")))
    for each in (*words, "by 1, 05 Jul 14:00:00 CEST"):
        assert each in shown


def test_questioned_balances_name_the_way_out_where_there_is_one() -> None:
    payload = {"venue": "kraken", "problems": ["BTC is gone", "ETH too"], "acceptable": True}
    shown = told("balances_questioned", payload)
    assert "• BTC is gone\n• ETH too" in shown
    assert "no order rests on them" in shown
    assert "/refresh accept kraken" in shown
    assert "/refresh accept" not in told("balances_questioned", payload | {"acceptable": False})


def test_trouble_of_a_part_and_its_end() -> None:
    payload = {"name": "poller", "error": "OSError: no <route>", "is_over": False}
    shown = told("part_trouble", payload)
    assert "poller keeps failing: OSError: no <route>" in shown
    assert "started again" in shown
    over = {"name": "poller", "error": None, "is_over": True}
    assert told("part_trouble", over) == "✅ poller works again."


def test_trouble_of_a_job_and_its_end() -> None:
    payload = {"name": "scan", "error": "no route", "failures": 1, "is_over": False}
    shown = told("job_trouble", payload)
    assert "The job scan failed: no route" in shown
    assert "/jobs" in shown
    over = payload | {"error": None, "is_over": True}
    assert told("job_trouble", over) == "✅ The job scan works again, after 1 failure."


def test_a_reload_says_what_is_in_force() -> None:
    done = told("reload", {"applied": ["bot.log_level"], "restart_needed": ["telegram.token"]})
    assert "in force now: bot.log_level" in done
    assert "only after a restart: telegram.token" in done
    assert "nothing in it has changed" in told("reload", {"applied": [], "restart_needed": []})


def test_a_bad_file_is_told_with_every_problem() -> None:
    shown = told("reload", {"problems": ["config.toml:3: [bot] mode: no", "config.toml:9: x"]})
    assert "not reloaded" in shown
    assert "• config.toml:3: [bot] mode: no\n• config.toml:9: x" in shown
    assert "the old one stays in force" in shown


def test_a_very_long_list_is_shortened_and_says_so() -> None:
    shown = told("reload", {"problems": [f"problem {number}" for number in range(30)]})
    assert "• problem 9" in shown
    assert "problem 10" not in shown
    assert "… and 20 more" in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_first": True}, "👋 Started for the first time"),
        ({}, "▶ Started; the last time I was stopped as I should be."),
        ({"was_clean": False}, "Started again after the last process died"),
    ],
    ids=["first", "clean", "crash"],
)
def test_how_the_last_process_ended(changes: dict[str, Any], words: str) -> None:
    shown = told("started", STARTED | changes)
    assert words in shown
    assert "kraken: journal and venue agree." in shown


def test_what_reconciliation_found_is_counted_and_named() -> None:
    venue = CALM | {
        "changed": [{"client_order_id": "SYab-1", "status": "partially_filled"}],
        "adopted": 1,
        "fills": 2,
        "unknown": ["SYab-2"],
        "problems": ["O-9 carries our id"],
    }
    shown = told("started", STARTED | {"venues": [venue], "was_clean": False})
    assert "⚠ kraken: 2 fills booked, 1 order of somebody else found" in shown
    assert "• SYab-1 is partially filled" in shown
    assert "• SYab-2 is in doubt" in shown
    assert "• O-9 carries our id" in shown


def test_a_venue_that_did_not_answer_is_no_agreement() -> None:
    shown = told("started", STARTED | {"venues": [CALM | {"error": "kraken: no route"}]})
    assert "❌ kraken: not compared yet (kraken: no route)" in shown
    assert "agree" not in shown


@pytest.mark.parametrize(
    ("runs", "words"), [(["r1"], "A rebalance was"), (["r1", "r2"], "2 rebalances were")]
)
def test_interrupted_runs_are_mentioned(runs: list[str], words: str) -> None:
    shown = told("started", STARTED | {"runs_interrupted": runs})
    assert f"{words} interrupted and not continued" in shown


def test_an_interrupted_run_says_what_was_filled_and_that_nothing_goes_on() -> None:
    order = {
        "client_order_id": "SYab-1",
        "symbol": "BTC/USD",
        "side": "sell",
        "quantity": "0.30000000",
        "filled_quantity": "0.12",
        "cost": "4800",
        "fee": "12.48",
        "status": "cancelled",
        "note": None,
    }
    payload = {
        "run_id": "r1",
        "venue": "kraken",
        "base": "USD",
        "trigger": "schedule",
        "started_at": "2026-01-05T12:00:00+00:00",
        "correlation_id": "c1",
        "orders": [order],
    }
    shown = told("run_interrupted", payload)
    assert "Rebalance interrupted · kraken, begun 05 Jan 12:00:00 UTC" in shown
    assert "sell 0.3 BTC/USD: filled 0.12, cancelled" in shown
    assert "nothing more is traded unasked" in shown
    assert "/rebalance" in shown
    assert "as the venue confirms it" in shown
    assert "no order" in told("run_interrupted", payload | {"orders": []})
    closing = told("run_interrupted", payload | {"trigger": "close all: 1001"})
    assert "Closing interrupted" in closing
    assert "/closeall sells what is left" in closing
    sending = told("run_interrupted", payload | {"orders": [order | {"status": "submitting"}]})
    assert "What it has done so far; fills to come are told" in sending
    assert "confirms" not in sending


@pytest.mark.parametrize("kind", ["started", "reload", "part_trouble", "trading_state"])
def test_a_payload_from_another_version_is_shown_as_it_is(kind: str) -> None:
    assert "surprise: 7" in told(kind, {"surprise": 7})
