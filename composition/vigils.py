"""The parts that keep an eye on the venues as such: their keys, their modes, their switches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from composition import wishes
from composition.core import Core
from trading.config.configuration import Configuration
from trading.model.trading_state import TradingMode
from trading.risk.dead_man_switch import DeadManSwitch
from trading.risk.key_guard import KeyGuard
from trading.risk.venue_watch import VenueWatch
from trading.workflow.supervisor import Part

_log = logging.getLogger(__name__)

_DISARM_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vigils:
    """Built for a bot that runs; whoever acts without one does so on his own word."""

    core: Core
    keys: KeyGuard
    modes: VenueWatch
    dead_man: DeadManSwitch

    @property
    def parts(self) -> Mapping[str, Part]:
        """The long-lived parts, by name."""
        return {
            "mailbox": self.core.mailbox.run,
            "key guard": self.keys.run,
            "venue watch": self.modes.run,
            "dead-man's switch": self.dead_man.run,
        }

    def replace(self, configuration: Configuration) -> None:
        """Go by these settings now, and look at every key again."""
        self.keys.look_again(wishes.allowed_keys(configuration))
        self.dead_man.replace_wanted(wishes.dead_man_venues(configuration))

    async def disarm(self) -> None:
        """Leave no switch behind at a clean stop; one that cannot be reached will strike."""
        try:
            async with asyncio.timeout(_DISARM_SECONDS):
                await self.dead_man.disarm()
        except TimeoutError:
            _log.warning("the dead-man's switch could not be disarmed in time")
        for venue in self.dead_man.armed:
            _log.warning("the dead-man's switch is still armed venue=%s", venue)


def build_vigils(core: Core) -> Vigils:
    """Build them; until its key was looked at, nothing is traded at a venue."""
    configuration, clock = core.ground.configuration, core.ground.clock
    return Vigils(
        core=core,
        keys=KeyGuard(
            venues=core.venues,
            allowed=wishes.allowed_keys(configuration),
            conditions=core.conditions,
            gate=core.gate,
            bus=core.bus,
            clock=clock,
        ),
        modes=VenueWatch(
            venues=core.venues, conditions=core.conditions, bus=core.bus, clock=clock
        ),
        dead_man=DeadManSwitch(
            venues={
                name: venue
                for name, venue in core.venues.items()
                if venue.traits.has_dead_man_switch
            },
            wanted=wishes.dead_man_venues(configuration),
            is_trading=lambda: (
                core.gate.trading_enabled and core.gate.state.mode is not TradingMode.HALTED
            ),
            facts=core.stores.settings,
            bus=core.bus,
            clock=clock,
        ),
    )
