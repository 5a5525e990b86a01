"""Who may call: keys, times and signatures, as the documentation has them."""

from pathlib import Path
from urllib.parse import quote

import pytest

from simulators.binance.authentication import Credentials, Signed, is_signed, signed_call
from tests.simulators.binance.desk import Desk, open_desk, sign

# The documentation's own examples.
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
TAIL = (
    "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
    "&timestamp=1499827319559"
)
WIDE = "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96"
SOLD = (
    f"apiKey={KEY}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL"
    "&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
)
BOUGHT = (
    f"apiKey={KEY}&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY"
    "&symbol=１２３４５６&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
)
DOCUMENTED = [
    (f"symbol=LTCBTC&{TAIL}", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
    (f"symbol={WIDE}&{TAIL}", "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"),
    (
        SOLD,
        "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
    ),
    (
        BOUGHT,
        "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd",
    ),
]


@pytest.mark.parametrize(("payload", "signature"), DOCUMENTED)
def test_the_documented_signatures_are_right(payload: str, signature: str) -> None:
    credentials = Credentials(key=KEY, secret=SECRET)
    assert is_signed(Signed(payload=payload, signature=signature), credentials)
    assert is_signed(Signed(payload=payload, signature=signature.upper()), credentials)
    assert not is_signed(Signed(payload=payload + "0", signature=signature), credentials)
    assert not is_signed(Signed(payload=payload, signature=None), credentials)


@pytest.mark.parametrize(
    ("query", "body", "payload"),
    [
        ("a=1&b=2&signature=s", "", "a=1&b=2"),
        ("", "a=1&b=2&signature=s", "a=1&b=2"),
        ("a=1", "b=2&signature=s", "a=1b=2"),
        ("signature=s&a=1", "", "a=1"),
        ("a=1&signature=s&b=2", "", "a=1&b=2"),
        ("a=%5B%22x%22%5D&signature=s", "", "a=%5B%22x%22%5D"),
    ],
)
def test_what_was_signed_is_what_was_sent(query: str, body: str, payload: str) -> None:
    assert signed_call(query, body) == Signed(payload=payload, signature="s")


def query_of(desk: Desk, **words: str) -> str:
    return "&".join([*(f"{name}={value}" for name, value in words.items()), when(desk)])


def when(desk: Desk, ahead: int = 0) -> str:
    return f"timestamp={desk.milliseconds() + ahead}"


def test_a_value_is_signed_as_it_is_encoded(desk: Desk) -> None:
    """Since 2026-01-15 the payload is percent-encoded before it is signed."""
    raw, encoded = "a:b/c", quote("a:b/c", safe="")
    right = query_of(desk, symbol=encoded)
    answer = desk.raw("GET", "openOrders", f"{right}&signature={sign(right)}")
    assert answer.body["code"] == -1121, "only the symbol is wrong"
    wrong = query_of(desk, symbol=raw)
    answer = desk.raw("GET", "openOrders", f"{right}&signature={sign(wrong)}")
    assert (answer.status, answer.body["code"]) == (400, -1022)


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [(None, 401, -2014), ("", 401, -2014), ("short", 401, -2014), ("A" * 64, 401, -2015)],
)
def test_a_wrong_key_is_refused(desk: Desk, key: str | None, status: int, code: int) -> None:
    query = when(desk)
    answer = desk.raw("GET", "account", f"{query}&signature={sign(query)}", key=key)
    assert (answer.status, answer.body["code"]) == (status, code)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"timestamp": None}, -1102),
        ({"timestamp": "soon"}, -1100),
        ({"recvWindow": 60001}, -1131),
        ({"recvWindow": "wide"}, -1102),
        ({"recvWindow": 60000}, None),
        ({"recvWindow": "2.5"}, None),
    ],
)
def test_the_time_of_a_request(desk: Desk, words: dict[str, str], code: int | None) -> None:
    answer = desk.ask("GET", "account", **words)
    assert (answer.body.get("code"), answer.is_error) == (code, code is not None)


@pytest.mark.parametrize(
    ("ahead", "window", "text"),
    [
        (999, None, ""),
        (1000, None, "Timestamp for this request was 1000ms ahead of the server's time."),
        (-5000, None, ""),
        (-5001, None, "Timestamp for this request is outside of the recvWindow."),
        (-100, 100, ""),
        (-101, 100, "Timestamp for this request is outside of the recvWindow."),
        (-60000, 60000, ""),
    ],
)
def test_a_request_is_good_for_a_window_of_time(
    desk: Desk, ahead: int, window: int | None, text: str
) -> None:
    moment = desk.milliseconds() + ahead
    answer = desk.ask("GET", "account", timestamp=moment, recvWindow=window)
    if text:
        assert answer.body == {"code": -1021, "msg": text}
    else:
        assert answer.status == 200
        micro = desk.ask("GET", "account", timestamp=moment * 1000, recvWindow=window)
        assert micro.status == 200, "microseconds are as good"


def test_the_venues_own_clock_may_be_wrong(desk: Desk) -> None:
    desk.venue.faults.add({"name": "clock_skew", "seconds": 30})
    assert desk.bad("GET", "account")[0] == -1021
    assert desk.good("GET", "time")["serverTime"] == desk.milliseconds() + 30_000


def test_a_parameter_sent_twice_is_refused(desk: Desk) -> None:
    with pytest.raises(Exception, match="Duplicate values"):
        desk.raw("GET", "account", "a=1&a=2")
    answer = desk.raw("GET", "ticker/price", "symbol=BTCUSDT", body="symbol=ETHBTC")
    assert answer.body["symbol"] == "BTCUSDT", "the query counts"


def test_public_calls_need_no_key(desk: Desk) -> None:
    assert desk.raw("GET", "ping", "", key=None).body == {}


def test_the_rights_of_the_key(tmp_path: Path) -> None:
    path = "/sapi/v1/account/apiRestrictions"
    with open_desk(tmp_path) as desk:
        assert desk.good("GET", path)["enableWithdrawals"] is False
        desk.venue.faults.add({"name": "can_withdraw", "count": 1})
        assert desk.good("GET", path)["enableWithdrawals"] is True
        desk.venue.faults.add({"name": "cannot_trade"})
        assert desk.good("GET", path)["enableSpotAndMarginTrading"] is False
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        assert desk.bad("POST", "order", **order)[0] == -2015
    with open_desk(tmp_path, "--can-withdraw") as desk:
        assert desk.good("GET", path)["enableWithdrawals"] is True
