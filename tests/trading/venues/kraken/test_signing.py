"""krakenex builds and signs; the bytes that leave are the bytes that were signed."""

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from trading.venues.kraken.signing import RequestBuilder

DOCUMENTED_SECRET = (
    "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
)
ONES = base64.b64encode(b"\x01" * 32).decode()


def test_the_signature_of_the_sdk_vector() -> None:
    builder = RequestBuilder(key="key", secret=ONES, base_url="https://api.kraken.com")
    request = builder.private("Balance", {}, nonce=1700000000000000000)
    assert request.body == b"nonce=1700000000000000000"
    assert request.headers["API-Sign"] == (
        "6i7+cpXVLDDnDOekgsRcgFQhkYFyPDSSxhSVA8OrA6vjziXcy2K1DP3n7f9B/Kgni71WjBSQusZKxduRsdF20Q=="
    )


@given(
    parameters=st.dictionaries(
        st.text("abcdefghij_", min_size=1, max_size=8), st.text(max_size=12), max_size=5
    ),
    nonce=st.integers(0, 2**64 - 1),
)
def test_the_signature_covers_exactly_the_body(parameters: dict[str, str], nonce: int) -> None:
    builder = RequestBuilder(
        key="key", secret=DOCUMENTED_SECRET, base_url="https://api.kraken.com/"
    )
    request = builder.private("AddOrder", parameters, nonce=nonce)
    assert request.body is not None
    digest = hashlib.sha256(str(nonce).encode() + request.body).digest()
    message = b"/0/private/AddOrder" + digest
    expected = hmac.new(base64.b64decode(DOCUMENTED_SECRET), message, hashlib.sha512).digest()
    assert request.headers["API-Sign"] == base64.b64encode(expected).decode()
    assert request.url == "https://api.kraken.com/0/private/AddOrder"
    assert "nonce" not in parameters


def test_a_public_question_carries_no_key() -> None:
    builder = RequestBuilder(key="key", secret=ONES, base_url="https://api.kraken.com")
    request = builder.public("Ticker", {"pair": "XXBTZUSD,XETHXXBT"})
    assert request.url == "https://api.kraken.com/0/public/Ticker?pair=XXBTZUSD%2CXETHXXBT"
    assert (request.method, dict(request.headers), request.body) == ("GET", {}, None)


def test_two_requests_from_one_set_of_parameters_differ_in_their_nonce() -> None:
    builder = RequestBuilder(key="key", secret=ONES, base_url="https://api.kraken.com")
    parameters = {"a": "b"}
    first = builder.private("Balance", parameters, nonce=1)
    second = builder.private("Balance", parameters, nonce=2)
    assert (first.body, second.body) == (b"a=b&nonce=1", b"a=b&nonce=2")
