"""The whole configuration, checked; nothing in it changes while the bot runs on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, model_validator

from trading.config.http import HttpSection
from trading.config.paper import PaperSection
from trading.config.portfolio import Allocation, RebalanceRules, RebalanceSection
from trading.config.risk import RiskSection
from trading.config.sections import BotSection, JobsSection, TelegramSection
from trading.config.signals import SignalsSection, bounds_problem
from trading.config.suggestions import did_you_mean
from trading.config.values import Section, VenueKey
from trading.config.venues import Venue
from trading.model.identifiers import Asset

LATER_SECTIONS = ("learning", "news", "alerts")
Place = tuple[str, ...]


class Configuration(Section):
    """Everything the owner decides, one field a table of the file."""

    bot: BotSection = Field(description="The bot itself.")
    telegram: TelegramSection | None = Field(default=None, description="The chat.")
    http: HttpSection | None = Field(default=None, description="The HTTP door.")
    venues: Mapping[VenueKey, Venue] = Field(
        default={}, description="Where you trade, one table [venues.NAME] each."
    )
    allocation: Mapping[VenueKey, Allocation] = Field(
        default={}, description="What each venue should hold, one table [allocation.NAME] each."
    )
    rebalance: RebalanceSection = Field(
        default=RebalanceSection(), description="How venues are brought back to their targets."
    )
    paper: Mapping[VenueKey, PaperSection] = Field(
        default={},
        description="What accounts on paper begin with, one table [paper.NAME] each; they count "
        'while bot.mode is "paper".',
    )
    signals: Mapping[VenueKey, SignalsSection] = Field(
        default={},
        description="How far strategies may move a venue's targets, one table [signals.NAME] "
        "each.",
    )
    risk: RiskSection = Field(default=RiskSection(), description="How sure the bot must be.")
    jobs: JobsSection = Field(default=JobsSection(), description="What it does by itself.")

    @model_validator(mode="before")
    @classmethod
    def _the_bot_is_always_there(cls, written: Any) -> Any:
        """Without the table its defaults hold; they depend on where the file lies."""
        return {"bot": {}, **written} if isinstance(written, dict) else written

    def base_of(self, venue: str) -> Asset:
        """Return the currency in which a venue is valued."""
        allocation = self.allocation.get(venue)
        if allocation is None or allocation.base is None:
            return self.bot.base_currency
        return allocation.base

    def paper_account(self, venue: str) -> PaperSection:
        """Return what the account on paper of a venue begins with and pays."""
        return self.paper.get(venue, PaperSection())

    def rebalance_rules(self, venue: str) -> RebalanceRules:
        """Return the rules for one venue, its own table on top of the common one."""
        return self.rebalance.rules(venue)


def contradictions(configuration: Configuration) -> Iterator[tuple[Place, str]]:
    """Yield what each table allows and the whole does not, with its place."""
    if not configuration.venues:
        yield ("venues",), "there is no venue; add a table such as [venues.kraken]"
    yield from _strangers(configuration)
    yield from _keys_for_live(configuration)
    yield from _weights(configuration)
    yield from _bounds(configuration)
    yield from _slippage(configuration)
    if configuration.jobs.balance_sync >= configuration.risk.balance_max_age:
        yield (
            ("jobs", "balance_sync"),
            "must be shorter than risk.balance_max_age, else balances are stale in between",
        )


def _strangers(configuration: Configuration) -> Iterator[tuple[Place, str]]:
    named = {
        "allocation": configuration.allocation,
        "rebalance": configuration.rebalance.venues,
        "paper": configuration.paper,
        "signals": configuration.signals,
    }
    for section, tables in named.items():
        for name in tables:
            if name not in configuration.venues:
                hint = did_you_mean(name, configuration.venues) or "add [venues." + name + "]"
                yield (section, name), f"there is no venue {name!r}; {hint}"


def _keys_for_live(configuration: Configuration) -> Iterator[tuple[Place, str]]:
    for name, venue in configuration.venues.items():
        for key in ("key", "secret"):
            if configuration.bot.mode == "live" and getattr(venue, key) is None:
                yield ("venues", name, key), 'is missing; mode = "live" needs it'


def _weights(configuration: Configuration) -> Iterator[tuple[Place, str]]:
    for name, allocation in configuration.allocation.items():
        place = ("allocation", name, "targets")
        base = configuration.base_of(name)
        if base in allocation.targets:
            yield (
                (*place, base),
                f"{base} is the base currency here: it gets what the others leave",
            )
        for code in configuration.rebalance_rules(name).excluded:
            if code in allocation.targets:
                yield (*place, code), f"{code} has a target and is excluded in [rebalance]"


def _bounds(configuration: Configuration) -> Iterator[tuple[Place, str]]:
    for name, section in configuration.signals.items():
        allocation = configuration.allocation.get(name)
        problem = bounds_problem(section, {} if allocation is None else allocation.targets)
        if problem is not None:
            yield ("signals", name, "lowest"), problem


def _slippage(configuration: Configuration) -> Iterator[tuple[Place, str]]:
    """A rebalance goes to its slippage: past the deviation each order of it would be denied."""
    limit = configuration.risk.max_price_deviation
    for name in ("", *configuration.venues):
        rules = configuration.rebalance_rules(name) if name else configuration.rebalance
        if limit is not None and rules.max_slippage > limit:
            table = f"rebalance.{name}" if name in configuration.rebalance.venues else "rebalance"
            message = f"is less than max_slippage of [{table}], {rules.max_slippage}"
            yield ("risk", "max_price_deviation"), f"{message}: such orders would all be denied"
            return
