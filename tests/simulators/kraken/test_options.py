"""The command line: what it takes, and what it refuses."""

from decimal import Decimal
from pathlib import Path

import pytest

from simulators.exchange.serving import Address
from simulators.kraken.options import DEMO_KEY, parse
from tests.support.processes import run


def test_everything_has_a_default_but_the_folder() -> None:
    options = parse(["--state", "books"])
    assert options.state == Path("books")
    assert options.listen == Address(host="127.0.0.1", port=0)
    assert options.credentials.key == DEMO_KEY
    assert options.balances["USD"] == Decimal(10000)
    assert (options.token_seconds, options.idle_seconds) == (900, 60)
    assert (options.speed, options.counters, options.fees_by_volume) == (1.0, "off", False)
    with pytest.raises(SystemExit):
        parse([])


def test_what_is_asked_for_is_taken() -> None:
    options = parse(
        [
            *("--state", "books", "--listen", "[::1]:81", "--pairs", "BTC/USD, ETH/BTC"),
            *("--balances", "BTC=0.5,USD=0", "--latency-ms", "60", "--tick-ms", "50"),
            *("--token-seconds", "2", "--ws-idle-seconds", "3"),
        ]
    )
    assert options.listen == Address(host="::1", port=81)
    assert options.pairs == ("BTC/USD", "ETH/BTC")
    assert options.balances == {"BTC": Decimal("0.5"), "USD": Decimal(0)}
    assert (options.latency_seconds, options.tick_seconds) == (0.06, 0.05)
    assert (options.token_seconds, options.idle_seconds) == (2, 3)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--listen", "0.0.0.0:80"),
        ("--listen", "example.com:80"),
        ("--control", "127.0.0.1"),
        ("--balances", "BTC"),
        ("--balances", "BTC=-1"),
        ("--speed", "-1"),
        ("--speed", "inf"),
        ("--tick-ms", "0"),
        ("--latency-ms", "x"),
        ("--counters", "gold"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--state", "books", *arguments])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--pairs", "BTC/EUR"), "no listing for BTC/EUR"),
        (("--balances", "GOLD=1"), "no asset is named GOLD"),
        (("--candles", "."), "no candle files"),
    ],
)
async def test_the_process_says_in_one_line_what_is_wrong(
    tmp_path: Path, arguments: tuple[str, str], complaint: str
) -> None:
    state = ("--state", str(tmp_path / "books"))
    child = await run("-m", "simulators.kraken", *state, *arguments)
    assert child.returncode == 1
    assert len(child.errors) == 1
    assert complaint in child.errors[0]
