"""The words of the emergency tool on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from handlers.cli_words import Commands, add, with_config
from handlers.http.answers import EmergencyAction, EmergencyRequest
from handlers.process.commands import Emergency

_AMOUNT_WORDS = 2
_OF_A_VENUE = {
    EmergencyAction.REPAIR: "begin afresh: breakers, clock, nonces, streams, orders, balances",
    EmergencyAction.RESET_BREAKER: "close the breakers and have fresh balances",
    EmergencyAction.REFRESH: "ask for balances now",
    EmergencyAction.CLOSE_ALL: "halt, cancel every open order, sell all that can be spent",
}


def add_emergency(
    commands: Commands[argparse.ArgumentParser],
    *,
    also: Callable[[Commands[argparse.ArgumentParser]], None],
) -> None:
    """Add the tool with all its actions; `also` are those that are commands of their own too."""
    emergency = add(
        commands, "emergency", "the emergency tool, beside the running bot or without it"
    )
    actions = emergency.add_subparsers(title="actions", metavar="ACTION", required=True)
    also(actions)
    for action, about in _OF_A_VENUE.items():
        parser = _add_action(actions, action, about)
        parser.add_argument(
            "venue", nargs="?", metavar="VENUE", help="one of the configuration (default: all)"
        )
    verify = _add_action(
        actions, EmergencyAction.VERIFY, "hold an amount against what is verified and free"
    )
    verify.add_argument(
        "words", nargs="+", metavar="[VENUE] ASSET AMOUNT", help="such as: kraken BTC 0.5"
    )
    _add_action(
        actions, EmergencyAction.CANCEL_ALL, "halt, then cancel every open order at every venue"
    )


def _add_action(
    actions: Commands[argparse.ArgumentParser], action: EmergencyAction, about: str
) -> argparse.ArgumentParser:
    parser = add(actions, action.value, about)
    with_config(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask back")

    def make(words: argparse.Namespace) -> Emergency:
        given: list[str] = getattr(words, "words", [])
        if given and len(given) not in (_AMOUNT_WORDS, _AMOUNT_WORDS + 1):
            parser.error("an asset and an amount are needed, and perhaps a venue before them")
        venue = getattr(words, "venue", None) or (given[0] if len(given) > _AMOUNT_WORDS else None)
        return Emergency(
            config=words.config,
            is_json=words.is_json,
            is_confirmed=words.yes,
            request=EmergencyRequest(
                action=action,
                venue=venue,
                asset=given[-2] if given else None,
                amount=given[-1] if given else None,
            ),
        )

    parser.set_defaults(make=make)
    return parser
