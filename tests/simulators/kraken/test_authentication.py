"""Signatures and nonces are judged as the venue documents them."""

import base64
from typing import Any

import pytest

from simulators.kraken.authentication import Credentials, is_signed, nonce_of, parse_body, sign
from simulators.kraken.errors import KrakenError
from tests.simulators.kraken.desk import Caller
from tests.support.local_kraken import LocalKraken

VECTORS = [
    pytest.param(
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
        "/0/private/AddOrder",
        "1616492376594",
        b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==",
        id="documentation",
    ),
    pytest.param(
        base64.b64encode(b"\x01" * 32).decode(),
        "/0/private/Balance",
        "1700000000000000000",
        b"nonce=1700000000000000000",
        "6i7+cpXVLDDnDOekgsRcgFQhkYFyPDSSxhSVA8OrA6vjziXcy2K1DP3n7f9B/Kgni71WjBSQusZKxduRsdF20Q==",
        id="official-rust-sdk",
    ),
]


@pytest.mark.parametrize(("secret", "path", "nonce", "body", "signature"), VECTORS)
def test_the_published_signatures_are_made_and_accepted(
    secret: str, path: str, nonce: str, body: bytes, signature: str
) -> None:
    assert sign(path=path, nonce=nonce, body=body, secret=secret) == signature
    call = {"path": path, "nonce": nonce, "body": body, "secret": secret}
    assert is_signed(**call, signature=signature)  # type: ignore[arg-type]  # a mixed bag of words
    spoiled = {**call, "body": body + b"&x=1"}
    assert not is_signed(**spoiled, signature=signature)  # type: ignore[arg-type]  # as above
    assert not is_signed(**call, signature="not é base64")  # type: ignore[arg-type]  # as above


def test_a_secret_that_is_not_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        Credentials(key="key", secret="*")


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        pytest.param(
            b"nonce=12&pair=a%2Fb&x=",
            "application/x-www-form-urlencoded",
            {"nonce": "12", "pair": "a/b", "x": ""},
            id="form",
        ),
        pytest.param(
            b'{"nonce": 12, "volume": 1.10, "validate": true}',
            "application/json; charset=utf-8",
            {"nonce": "12", "volume": "1.10", "validate": True},
            id="json-keeps-digits",
        ),
    ],
)
def test_forms_and_json_read_alike(
    body: bytes, content_type: str, expected: dict[str, Any]
) -> None:
    assert parse_body(body, content_type) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"\xff", "application/x-www-form-urlencoded", id="not-utf-8"),
        pytest.param(b"{", "application/json", id="broken-json"),
        pytest.param(b"[1]", "application/json", id="not-an-object"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(KrakenError, match="EGeneral:Invalid arguments"):
        parse_body(body, content_type)


@pytest.mark.parametrize("nonce", [None, "", "-1", "1.5", "abc", str(2**64), "١٢"])
def test_a_nonce_is_an_unsigned_64_bit_number(nonce: str | None) -> None:
    with pytest.raises(KrakenError, match="EAPI:Invalid nonce"):
        nonce_of({} if nonce is None else {"nonce": nonce})


async def test_nonces_must_rise_over_restarts_and_kills_too(
    kraken: LocalKraken, caller: Caller
) -> None:
    async def balance(nonce: int) -> list[str]:
        async with caller.post("Balance", {}, nonce=nonce) as response:
            errors: list[str] = (await response.json())["error"]
            return errors

    assert await balance(100) == []
    assert await balance(100) == ["EAPI:Invalid nonce"]
    assert await balance(99) == ["EAPI:Invalid nonce"]
    assert await balance(2**64 - 2) == []
    await kraken.kill()
    await kraken.restart()
    assert await balance(101) == ["EAPI:Invalid nonce"]
    assert await balance(2**64 - 1) == []


async def test_a_wrong_key_or_signature_uses_up_no_nonce(caller: Caller) -> None:
    stranger = Caller(session=caller.session, url=caller.url, key="somebody")
    assert (await stranger.private("Balance"))["error"] == ["EAPI:Invalid key"]
    forger = Caller(session=caller.session, url=caller.url, secret="AAAA")
    async with forger.post("Balance", {}, nonce=50) as response:
        assert (await response.json())["error"] == ["EAPI:Invalid signature"]
    async with caller.post("Balance", {}, nonce=50) as response:
        assert (await response.json())["error"] == []


@pytest.mark.parametrize("as_json", [False, True], ids=["form", "json"])
async def test_orders_arrive_as_forms_and_as_json(caller: Caller, *, as_json: bool) -> None:
    words = {
        "pair": "XBTUSD",
        "type": "buy",
        "ordertype": "limit",
        "price": "60000",
        "volume": "0.01",
    }
    answer = await caller.private("AddOrder", words, as_json=as_json)
    assert answer["error"] == []
    assert answer["result"]["descr"]["order"] == "buy 0.01000000 XBTUSD @ limit 60000.0"
