"""The wizard asks until it can write a configuration that the bot can use."""

import stat
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.process.wizard import NotWritten, interview, read_targets, render, write
from trading.config.loading import load
from trading.errors import ConfigurationError
from trading.model.identifiers import Asset

LIVE = [
    "real",
    "live",
    "",
    'a"key\\',
    "c2VjcmV0",
    "EUR",
    "BTC 50%, eth 0.25",
    "yes",
    "123:demo",
    "1001",
]


class Person:
    """Answers in order; remembers what was asked and what was said back."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.hidden: list[str] = []
        self.told: list[str] = []

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0)

    def ask_secret(self, question: str) -> str:
        self.hidden.append(question)
        return self.ask(question)

    def interview(self) -> dict[str, str]:
        return interview(ask=self.ask, ask_secret=self.ask_secret, say=self.told.append)


def test_a_live_configuration_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    person = Person(LIVE.copy())
    path = tmp_path / "config.toml"
    write(path, render(person.interview()))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    configuration = load(path, {})
    venue = configuration.venues["kraken"]
    assert venue.key is not None
    assert venue.key.reveal() == 'a"key\\'
    assert (configuration.bot.trading_enabled, configuration.base_of("kraken")) == (True, "EUR")
    assert configuration.telegram is not None
    assert configuration.telegram.owners == (1001,)
    assert configuration.allocation["kraken"].targets == {
        Asset("BTC"): Decimal("0.5"),
        Asset("ETH"): Decimal("0.25"),
    }
    assert [question.split(" (")[0] for question in person.hidden] == [
        "API key",
        "Its private key: ",
        "The bot's token, from @BotFather: ",
    ]


def test_defaults_make_a_bot_on_paper_that_needs_no_key(tmp_path: Path) -> None:
    person = Person(["", "", "", "", "no"])
    path = tmp_path / "config.toml"
    write(path, render(person.interview()))
    configuration = load(path, {})
    assert configuration.bot.mode == "paper"
    assert configuration.bot.trading_enabled is True
    assert configuration.venues["kraken"].key is None
    assert configuration.telegram is None
    assert person.hidden == []


def test_a_bot_that_looks_has_an_account_and_places_no_orders(tmp_path: Path) -> None:
    person = Person(["look", "", "the key", "c2VjcmV0", "", "", "no"])
    path = tmp_path / "config.toml"
    write(path, render(person.interview()))
    configuration = load(path, {})
    assert (configuration.bot.mode, configuration.bot.trading_enabled) == ("live", False)
    assert configuration.venues["kraken"].key is not None


def test_an_account_at_binance_has_another_secret_and_another_base(tmp_path: Path) -> None:
    person = Person(["live", "binance", "the key", "no base64 at all", "", "", "no"])
    path = tmp_path / "config.toml"
    write(path, render(person.interview()))
    configuration = load(path, {})
    venue = configuration.venues["binance"]
    assert venue.secret is not None
    assert venue.secret.reveal() == "no base64 at all"
    assert configuration.base_of("binance") == "USDT"
    assert configuration.allocation["binance"].targets[Asset("BTC")] == Decimal("0.5")


def test_an_owner_who_does_not_know_his_id_is_told_how_to_find_it(tmp_path: Path) -> None:
    person = Person(["look", "", "the key", "c2VjcmV0", "", "", "yes", "123:demo", ""])
    path = tmp_path / "config.toml"
    write(path, render(person.interview()))
    assert "--pair" in path.read_text()
    with pytest.raises(ConfigurationError, match="owners: is empty"):
        load(path, {})
    assert load(path, {}, is_pairing=True).telegram is not None


def test_an_answer_that_cannot_be_used_is_asked_again() -> None:
    answers = [
        "maybe",
        "look",
        "coinbase",
        "kraken",
        "",
        "k",
        "no base64",
        "c2Vj",
        "",
        "BTC",
        "BTC 60%, ETH 50%",
        "BTC 60%",
    ]
    person = Person([*answers, "perhaps", "no"])
    assert person.interview() == {
        "manner": "look",
        "venue": "kraken",
        "key": "k",
        "secret": "c2Vj",
        "base": "USD",
        "targets": "BTC = 0.6",
        "telegram": "no",
    }
    assert person.told == [
        "  answer paper, look or live",
        "  answer kraken or binance",
        "  it is empty; the venue shows it where you made the key",
        "  this is not the private key as Kraken shows it (base64)",
        "  'BTC' is no target; write such as \"BTC 50%, ETH 30%\"",
        "  they add up to 110%; leave what is over to the base currency",
        "  answer yes or no",
    ]


def test_an_existing_file_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    with pytest.raises(NotWritten, match="exists already"):
        write(path, "[bot]\n")
    assert path.read_text() == "mine"


def test_a_file_that_the_bot_could_not_use_is_not_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    with pytest.raises(ConfigurationError, match="there is no venue"):
        write(path, "[bot]\n")
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("BTC 50%, ETH 30%", "BTC = 0.5, ETH = 0.3"),
        ("btc=0.125", "BTC = 0.125"),
        ("BTC 100%", "BTC = 1"),
        ("", ""),
    ],
)
def test_targets_are_read_as_people_write_them(text: str, targets: str) -> None:
    assert read_targets(text) == targets


@pytest.mark.parametrize("text", ["BTC fifty", "BTC 50%, btc 10%", "BTC -5%", "BTC 101%"])
def test_targets_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no target|twice|add up"):
        read_targets(text)
