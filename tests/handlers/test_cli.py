"""Words become typed commands, and wrong words end with code 2."""

from pathlib import Path

import pytest

from handlers.cli import helps, parse, usage
from handlers.http.answers import CandleRequest, EmergencyAction, EmergencyRequest
from handlers.process.commands import (
    Backup,
    Candles,
    Check,
    Command,
    Demo,
    Emergency,
    Halt,
    Init,
    LogLines,
    NotAvailable,
    Reload,
    Resume,
    Run,
    Status,
)
from trading.model.candles import CandleInterval

CONFIG = Path("config.toml")
OWN = Path("own.toml")


def emergency(
    action: EmergencyAction, *, is_json: bool = False, is_confirmed: bool = False, **words: str
) -> Emergency:
    return Emergency(
        config=CONFIG,
        is_json=is_json,
        is_confirmed=is_confirmed,
        request=EmergencyRequest(action=action, **words),
    )


CASES: dict[str, Command] = {
    "run": Run(config=CONFIG),
    "run --pair --config own.toml": Run(config=OWN, is_pairing=True),
    "demo": Demo(
        listen="127.0.0.1:8080", seed=None, speed=1.0, candles=None, state=None, paper=False
    ),
    "demo --listen localhost:0 --seed 7 --speed 60 --candles c --state s --paper": Demo(
        listen="localhost:0",
        seed=7,
        speed=60.0,
        candles=Path("c"),
        state=Path("s"),
        paper=True,
    ),
    "init --config own.toml": Init(config=OWN),
    "check": Check(config=CONFIG, is_json=False),
    "check --json": Check(config=CONFIG, is_json=True),
    "status --json --config own.toml": Status(config=OWN, is_json=True),
    "reload": Reload(config=CONFIG, is_json=False),
    "backup copy.db": Backup(config=CONFIG, is_json=False, file=Path("copy.db").absolute()),
    "candles BTC/USD --csv btc.csv": Candles(
        config=CONFIG,
        is_json=False,
        request=CandleRequest(
            symbol="BTC/USD",
            interval=CandleInterval.HOUR,
            venue=None,
            path=Path("btc.csv").absolute(),
        ),
    ),
    "candles btc --interval 5m --venue kraken --csv /a/b.csv --json": Candles(
        config=CONFIG,
        is_json=True,
        request=CandleRequest(
            symbol="btc",
            interval=CandleInterval.FIVE_MINUTES,
            venue="kraken",
            path=Path("/a/b.csv"),
        ),
    ),
    "logs": LogLines(config=CONFIG, is_json=False, count=100, level="debug", containing=None),
    "logs --lines 5 --level warning --containing c-1": LogLines(
        config=CONFIG, is_json=False, count=5, level="warning", containing="c-1"
    ),
    "halt": Halt(config=CONFIG, is_json=False, cancel_orders=False),
    "halt --cancel": Halt(config=CONFIG, is_json=False, cancel_orders=True),
    "emergency halt --cancel --json": Halt(config=CONFIG, is_json=True, cancel_orders=True),
    "resume": Resume(config=CONFIG, is_json=False, is_confirmed=False),
    "emergency resume --yes": Resume(config=CONFIG, is_json=False, is_confirmed=True),
    "emergency repair": emergency(EmergencyAction.REPAIR),
    "emergency repair kraken --json": emergency(
        EmergencyAction.REPAIR, is_json=True, venue="kraken"
    ),
    "emergency reset-breaker": emergency(EmergencyAction.RESET_BREAKER),
    "emergency refresh kraken": emergency(EmergencyAction.REFRESH, venue="kraken"),
    "emergency verify BTC 0.5": emergency(EmergencyAction.VERIFY, asset="BTC", amount="0.5"),
    "emergency verify kraken BTC 0.5": emergency(
        EmergencyAction.VERIFY, venue="kraken", asset="BTC", amount="0.5"
    ),
    "emergency cancel-all --yes": emergency(EmergencyAction.CANCEL_ALL, is_confirmed=True),
    "emergency close-all kraken --yes": emergency(
        EmergencyAction.CLOSE_ALL, is_confirmed=True, venue="kraken"
    ),
    "intent summary --venue kraken": NotAvailable(name="intent"),
}


@pytest.mark.parametrize(("words", "command"), CASES.items(), ids=CASES.keys())
def test_words_become_a_command(words: str, command: Command) -> None:
    assert parse(words.split()) == command


@pytest.mark.parametrize(
    "words",
    [
        "",
        "rnu",
        "run config.toml",
        "run --conf own.toml",
        "demo --listen 0.0.0.0:8080",
        "demo --listen 127.0.0.1",
        "demo --speed 0",
        "demo --speed nan",
        "logs --lines 0",
        "logs --level loud",
        "backup",
        "candles BTC/USD",
        "candles BTC/USD --interval 7m --csv f",
        "emergency",
        "emergency panic",
        "emergency verify BTC",
        "emergency verify a b c d",
        "emergency cancel-all kraken",
    ],
)
def test_wrong_words_end_with_code_2(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words.split())
    assert ended.value.code == 2
    assert "usage: bot.py" in capsys.readouterr().err


def test_the_usage_lists_every_command_and_exit_code() -> None:
    text = usage()
    assert [code for code in "0123" if f"\n  {code}  " not in text] == []
    assert [each.name for each in helps() if each.name.split()[0] not in text] == []


def test_every_argument_is_explained() -> None:
    silent = [
        (each.name, how) for each in helps() for how, meaning in each.arguments if not meaning
    ]
    assert silent == []
