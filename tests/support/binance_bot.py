"""The whole bot in a test, between a local Binance and a local Telegram."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tests.support.local_binance import BinanceOptions, LocalBinance
from tests.support.local_kraken import LocalKraken
from tests.support.local_telegram import running_local_telegram
from tests.support.nursery import Nursery
from tests.support.running_bot import (
    BotSettings,
    RunningBot,
    config_text,
    write_config,
)
from trading.orders.client_ids import is_ours

BALANCES: Mapping[str, str] = {"USDT": "6500", "BTC": "0.16", "ETH": "0.4", "ADA": "850"}


@dataclass(slots=True, kw_only=True)
class TranslatedBinance(LocalBinance):
    """The venue with the book's numbers written as the bot names them: they count by symbol."""

    ws_url: str = ""
    ws_auth_url: str = ""

    async def book(self) -> dict[str, Any]:
        book = await LocalBinance.book(self)
        orders = [
            {
                **row,
                "order_id": _named(row, "order_id"),
                "cl_ord_id": _ours(row["cl_ord_id"]),
                "fee": _in_quote(row),
            }
            for row in book["orders"]
        ]
        fills = [{**row, "trade_id": _named(row, "trade_id")} for row in book["fills"]]
        return {**book, "orders": orders, "fills": fills}


@dataclass(slots=True, kw_only=True)
class BinanceBot(RunningBot):
    """A bot whose only venue is Binance."""

    def configure(self, settings: BotSettings) -> None:
        self.settings = settings
        binance = cast("TranslatedBinance", self.kraken)
        table = {
            "kind": '"binance"',
            "key": json.dumps(binance.key),
            "secret": json.dumps(binance.secret),
            "rest_url": json.dumps(binance.rest_url),
            "ws_url": json.dumps(binance.stream_url.removesuffix("/stream")),
            "ws_api_url": json.dumps(binance.ws_api_url),
        }
        write_config(self.config, _with_venue(config_text(self), table))


@asynccontextmanager
async def running_binance_bot(
    folder: Path,
    *,
    settings: BotSettings,
    nursery: Nursery | None = None,
    **venue: Any,
) -> AsyncIterator[RunningBot]:
    """Run both simulators, and the bot, allowed to trade."""
    options = BinanceOptions(**{"balances": BALANCES, **venue})
    async with (
        TranslatedBinance(state=folder / "binance", options=options) as binance,
        running_local_telegram(folder / "telegram") as telegram,
    ):
        bot = BinanceBot(
            folder=folder,
            kraken=cast("LocalKraken", binance),
            telegram=telegram,
            settings=settings,
            nursery=nursery,
        )
        try:
            bot.configure(settings)
            await bot.allow_trading()
            await bot.start()
            yield bot
        finally:
            await bot.aclose()


def _with_venue(text: str, table: Mapping[str, str]) -> str:
    """Put this venue's table in the place of the other's."""
    head, _, rest = text.partition("[venues.kraken]\n")
    _, _, tail = rest.partition("\n[")
    written = "".join(f"{key} = {value}\n" for key, value in table.items())
    text = f"{head}[venues.binance]\n{written}\n[{tail}"
    return text.replace("[allocation.kraken]", "[allocation.binance]").replace('"USD"', '"USDT"')


def _named(row: Mapping[str, Any], name: str) -> str:
    return f"{row['pair'].replace('/', '')}-{row[name]}"


def _ours(name: str | None) -> str | None:
    """Binance names every order; what was placed by hand has no name of the bot's."""
    return name if is_ours(name) else None


def _in_quote(order: Mapping[str, Any]) -> str:
    """What the journal adds up: Binance takes the fee of a purchase in what was bought."""
    return "0" if order["side"] == "buy" else str(order["fee"])
