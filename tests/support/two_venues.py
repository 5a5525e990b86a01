"""A local Binance beside the local Kraken of a bot: what its configuration says of it."""

import json
from collections.abc import Mapping

from tests.support.local_binance import LocalBinance


def binance_tables(
    binance: LocalBinance, *, targets: Mapping[str, str]
) -> Mapping[str, Mapping[str, str]]:
    """Return the tables to add; it is valued in USDT."""
    listed = ", ".join(f"{asset} = {weight}" for asset, weight in targets.items())
    return {
        "venues.binance": {
            "kind": '"binance"',
            "key": json.dumps(binance.key),
            "secret": json.dumps(binance.secret),
            "rest_url": json.dumps(binance.rest_url),
            "ws_url": json.dumps(binance.stream_url.removesuffix("/stream")),
            "ws_api_url": json.dumps(binance.ws_api_url),
        },
        "allocation.binance": {"base": '"USDT"', "targets": f"{{ {listed} }}"},
    }
