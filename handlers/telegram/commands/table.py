"""Every command in one table: help, menu, reference page, suggestions and lanes read it."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.telegram.commands import (
    balances,
    breakers,
    emergency,
    general,
    machine,
    market,
    orders,
    portfolio,
    rebalance,
    risk,
    safety,
    signals,
    trade,
)
from handlers.telegram.commands.command import Action, Command
from handlers.telegram.dispatcher import Grammar

_COMMANDS: tuple[Command, ...] = (
    *balances.COMMANDS,
    *portfolio.COMMANDS,
    *market.COMMANDS,
    *rebalance.COMMANDS,
    *trade.COMMANDS,
    *signals.COMMANDS,
    *orders.COMMANDS,
    *emergency.COMMANDS,
    *safety.COMMANDS,
    *risk.COMMANDS,
    *breakers.COMMANDS,
    *machine.COMMANDS,
    *general.COMMANDS,
)
_ACTIONS: tuple[Action, ...] = (
    *rebalance.ACTIONS,
    *trade.ACTIONS,
    *signals.ACTIONS,
    *orders.ACTIONS,
    *emergency.ACTIONS,
)
_MENU: tuple[Action, ...] = emergency.MENU

COMMANDS: Mapping[str, Command] = {command.name: command for command in _COMMANDS}
GRAMMAR = Grammar(
    commands=COMMANDS,
    actions={action.name: action for action in _ACTIONS},
    menu={action.name: action for action in _MENU},
)


def menu_entries() -> tuple[tuple[str, str], ...]:
    """Return what Telegram's own command menu shows."""
    return tuple((command.name, command.summary) for command in _COMMANDS)
