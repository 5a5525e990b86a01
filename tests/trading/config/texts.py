"""Texts of configurations, and the reading of them, for the tests beside this file."""

from pathlib import Path

from trading.config.configuration import Configuration
from trading.config.loading import parse
from trading.config.values import Surroundings
from trading.errors import ConfigurationError

WHOLE = """\
[bot]
mode = "live"
live_confirmed = true

[telegram]
token = "123:demo"
owners = [1001]

[venues.kraken]
kind = "kraken"
key = "the key"
secret = "c2VjcmV0"

[allocation.kraken]
targets = { BTC = 0.5, ETH = 0.3 }
"""


def read(
    text: str,
    *,
    environment: dict[str, str] | None = None,
    folder: Path = Path("/nowhere"),
    exposed: str | None = None,
    is_pairing: bool = False,
) -> Configuration:
    around = Surroundings(
        folder=folder, environment=environment or {}, exposed=exposed, is_pairing=is_pairing
    )
    return parse(text, name="config.toml", around=around)


def problems(text: str, *, exposed: str | None = None) -> tuple[str, ...]:
    """Return what is wrong with a text, nothing when it is right."""
    try:
        read(text, exposed=exposed)
    except ConfigurationError as error:
        return error.problems
    return ()
