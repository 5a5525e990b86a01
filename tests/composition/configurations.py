"""Configurations for the tests of the composition root, read as the bot reads them."""

import os
from pathlib import Path

from trading.config.configuration import Configuration
from trading.config.loading import load

PLAIN = """\
[bot]
state_dir = "state"
mode = "live"
live_confirmed = true
base_currency = "USD"

[telegram]
token = "123:demo"
api_url = "http://127.0.0.1:9"
owners = [1001, 1004]
viewers = [1002]

[venues.kraken]
kind = "kraken"
key = "a-key"
secret = "c2VjcmV0"
rest_url = "http://127.0.0.1:9"

[venues.other]
kind = "kraken"
key = "another-key"
secret = "b3RoZXI="
rest_url = "http://127.0.0.1:9"

[allocation.kraken]
targets = { BTC = 0.4, ETH = 0.25 }

[allocation.other]
base = "EUR"
targets = { BTC = 1 }

[rebalance]
band_abs = 0.03
cooldown = "5m"
schedule = "30s"

[rebalance.other]
band_abs = 0.05
schedule = "off"
excluded = ["ETH"]

[risk]
order_buffer = 0.05
balance_max_age = "40s"
price_max_age = "3s"
price_max_jump = 0.1
breaker_failures = 3
breaker_wait = "2s"
breaker_max_wait = "1m"
"""

ALONE = """\
[bot]
mode = "live"
live_confirmed = true

[venues.kraken]
kind = "kraken"
key = "a-key"
secret = "c2VjcmV0"
"""
"""One venue, and nothing said of it."""


def written(folder: Path, text: str = PLAIN) -> Path:
    """Write a configuration that only its owner can read, and return where it is."""
    path = folder / "config.toml"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return path


def configuration(folder: Path, text: str = PLAIN) -> Configuration:
    return load(written(folder, text), {})
