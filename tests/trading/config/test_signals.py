"""Bounds that could not be kept to are refused before anything starts."""

import pytest

from tests.trading.config.texts import WHOLE, problems, read

GOOD = """\
[signals.kraken]
enabled = true
strategy = "mean_reversion"
interval = "1h"
lowest = { BTC = 0.3 }
highest = { BTC = 0.7 }
"""

CASES = {
    "one bound alone": (
        "[signals.kraken]\nlowest = { BTC = 0.3 }\n",
        "BTC needs its bound in both tables, lowest and highest",
    ),
    "nothing to move": (
        "[signals.kraken]\nenabled = true\n",
        "enabled = true moves nothing without bounds",
    ),
    "no target": (
        "[signals.kraken]\nlowest = { SOL = 0 }\nhighest = { SOL = 0.1 }\n",
        "SOL has bounds and no target in [allocation]",
    ),
    "a target outside": (
        "[signals.kraken]\nlowest = { BTC = 0.6 }\nhighest = { BTC = 0.7 }\n",
        "the target of BTC, 0.5, is not between 0.6 and its highest weight",
    ),
    "more than the whole": (
        "[signals.kraken]\nlowest = { BTC = 0.3 }\nhighest = { BTC = 0.8 }\n",
        "all at their highest would add up to 1.1, which is 0.1 more than 1",
    ),
    "a strategy that there is not": (
        "[signals.kraken]\nstrategy = 'trent'\n",
        "strategy: must be 'trend' or 'mean_reversion'; was 'trent'; did you mean 'trend'?",
    ),
    "a venue that there is not": (
        "[signals.krake]\n",
        "there is no venue 'krake'; did you mean 'kraken'?",
    ),
    "an asset twice": (
        "[signals.kraken]\nlowest = { BTC = 0.3, btc = 0.2 }\nhighest = { BTC = 0.7 }\n",
        "names one asset twice: BTC and btc",
    ),
}


def test_signals_are_off_until_they_are_switched_on() -> None:
    assert read(WHOLE).signals == {}
    assert not read(WHOLE + "[signals.kraken]\n").signals["kraken"].enabled
    section = read(WHOLE + GOOD).signals["kraken"]
    assert (section.enabled, section.strategy, section.interval) == (True, "mean_reversion", "1h")


@pytest.mark.parametrize(("text", "words"), CASES.values(), ids=CASES)
def test_a_mistake_is_told_with_its_place(text: str, words: str) -> None:
    (problem,) = problems(WHOLE + text)
    assert words in problem
    assert "[signals" in problem
