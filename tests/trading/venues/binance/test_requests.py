"""python-binance builds, we sign what is really sent; nothing of its transport is used."""

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from tests.support.processes import run
from tests.support.shared import ROOT
from trading.venues.binance.library import load_builder

if TYPE_CHECKING:
    from trading.venues.binance.requests import RequestBuilder

# The venue's own worked examples.
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
PLAIN = (
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
    "&timestamp=1499827319559"
)
SIGNED = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
PACKAGE = ROOT / "trading" / "venues" / "binance"


@pytest.fixture
async def builder() -> "RequestBuilder":
    return load_builder()(key=KEY, secret=SECRET, rest_url="http://venue.test/")


async def test_signatures_are_those_of_the_venue_s_examples(builder: "RequestBuilder") -> None:
    assert builder.sign(PLAIN) == SIGNED
    encoded = PLAIN.replace("LTCBTC", "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96")
    assert builder.sign(encoded) == (
        "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"
    )


@pytest.mark.parametrize("value", ["a:b/c", "１２３４５６", "a b+c&d=e", "plain-1"])
@pytest.mark.parametrize("endpoint", ["create_order", "get_order", "cancel_order"])
async def test_what_is_signed_is_what_is_sent_digit_for_digit(
    builder: "RequestBuilder", endpoint: str, value: str
) -> None:
    request = await builder.build(
        endpoint, {"symbol": "BTCUSDT", "newClientOrderId": value, "timestamp": "1"}
    )
    sent = request.body.decode() if request.body else request.url.partition("?")[2]
    payload, _, signature = sent.rpartition("&signature=")
    wanted = hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()
    assert signature == wanted
    assert re.fullmatch(r"[\w.~%=&-]+", payload, re.ASCII)
    assert unquote(payload.partition("newClientOrderId=")[2].partition("&")[0]) == value


async def test_verbs_paths_and_key_are_the_library_s(builder: "RequestBuilder") -> None:
    order = await builder.build("create_order", {"newClientOrderId": "ours"})
    assert (order.method, order.url) == ("POST", "http://venue.test/api/v3/order")
    assert order.headers["X-MBX-APIKEY"] == KEY
    gone = await builder.build("v3_delete_open_orders", {"symbol": "BTCUSDT"})
    assert gone.method == "DELETE"
    assert gone.url.startswith("http://venue.test/api/v3/openOrders?symbol=BTCUSDT&signature=")
    wallet = await builder.build("get_user_asset", {})
    assert (wallet.method, wallet.url) == (
        "POST",
        "http://venue.test/sapi/v3/asset/getUserAsset",
    )
    assert b"x-HNA2TXFJ" not in (order.body or b"")


async def test_public_questions_carry_no_signature(builder: "RequestBuilder") -> None:
    request = await builder.build("get_orderbook_tickers", {"symbols": '["BTCUSDT","ETHUSDT"]'})
    assert request.url == (
        "http://venue.test/api/v3/ticker/bookTicker?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D"
    )
    listing = await builder.build("get_exchange_info", {"showPermissionSets": "false"})
    assert listing.url == "http://venue.test/api/v3/exchangeInfo?showPermissionSets=false"


def test_every_endpoint_that_is_named_is_one_of_the_library_s() -> None:
    named = {
        name
        for module in PACKAGE.glob("*.py")
        for name in re.findall(r'(?:endpoint=|_rows\()"(\w+)"', module.read_text())
    }
    assert len(named) >= 15
    assert {name for name in named if not callable(getattr(load_builder(), name, None))} == set()


async def test_the_library_opens_no_session_of_its_own(builder: "RequestBuilder") -> None:
    assert vars(builder)["session"] is None


LAZY = """
import sys
import trading.venues.catalogue, trading.venues.kraken.adapter, trading.config.loading
assert "binance" not in sys.modules
from trading.venues.binance.adapter import BinanceAdapter
from trading.venues.binance.settings import BinanceSettings
assert "binance" not in sys.modules
from trading.venues.binance.library import load_builder
load_builder()
assert "binance" in sys.modules
assert not [name for name in sys.modules if name.startswith("dateparser.")]
"""


async def test_the_library_is_loaded_late_and_without_what_is_never_used() -> None:
    child = await run("-W", "error", "-c", LAZY)
    assert (child.returncode, child.said()) == (0, "")
