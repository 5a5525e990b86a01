"""Nothing but the balance manager asks a venue for balances."""

import ast

from tests.architecture.sources import modules, relative

ASKS = {"fetch_balances", "fetch_totals"}
MAY_ASK = (
    "trading/venues/",  # they answer
    "trading/risk/guarded_venue.py",  # passes the question on
    "trading/balances/",  # the one who asks
    "trading/intents/checks.py",  # tries a venue before the bot runs; nothing rests on it
)


def test_nothing_else_asks_a_venue_for_balances() -> None:
    asked = {
        relative(path)
        for path in modules("bot.py", "handlers", "trading", "storage")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ASKS
    }

    assert asked
    assert [name for name in sorted(asked) if not name.startswith(MAY_ASK)] == []
