"""Builds what stands for each venue: the real account, or one on paper before its prices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from storage.database import Database
from storage.paper import PaperRepository
from trading.clock import Clock
from trading.config.configuration import Configuration
from trading.model.identifiers import VenueName
from trading.venues.catalogue import build_adapter
from trading.venues.nonce_recovery import OnTrouble
from trading.venues.paper.account import PaperTerms
from trading.venues.paper.adapter import PaperAdapter
from trading.venues.port import VenueAdapter

_KEYLESS = {"key": None, "secret": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What an adapter is built with besides its own table."""

    configuration: Configuration
    clock: Clock
    nonces: Path
    on_trouble: OnTrouble | None = None

    @property
    def is_paper(self) -> bool:
        """True where no order leaves this machine."""
        return self.configuration.bot.mode == "paper"


def build_venue(outside: Outside, name: str, database: Database) -> VenueAdapter:
    """Return the adapter of a venue, not entered yet."""
    adapter = build_plain(outside, name)
    if not outside.is_paper:
        return adapter
    configuration = outside.configuration
    account = configuration.paper_account(name)
    return PaperAdapter(
        public=adapter,
        store=PaperRepository(database=database),
        terms=PaperTerms(
            opening=account.opening(configuration.base_of(name)), fee_fraction=account.fee
        ),
        clock=outside.clock,
    )


def build_plain(outside: Outside, name: str) -> VenueAdapter:
    """Return the venue itself; on paper it never learns a key, and so has no account to ask."""
    venue = outside.configuration.venues[name]
    return build_adapter(
        name=VenueName(name),
        venue=venue.model_copy(update=_KEYLESS) if outside.is_paper else venue,
        clock=outside.clock,
        nonce_directory=outside.nonces,
        on_trouble=outside.on_trouble,
    )
