"""Who is asking: the signature and the nonce of a private call, from the documentation alone."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from simulators.kraken.errors import INVALID_NONCE, KrakenError, invalid_argument

LARGEST_NONCE = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    key: str
    secret: str

    def __post_init__(self) -> None:
        try:
            base64.b64decode(self.secret, validate=True)
        except binascii.Error as error:
            raise ValueError("the secret must be base64") from error


def sign(*, path: str, nonce: str, body: bytes, secret: str) -> str:
    """Sign as documented: HMAC-SHA512 over the path and SHA256(nonce + body)."""
    digest = hashlib.sha256(nonce.encode() + body).digest()
    mac = hmac.new(base64.b64decode(secret), path.encode() + digest, hashlib.sha512)
    return base64.b64encode(mac.digest()).decode()


def is_signed(*, path: str, nonce: str, body: bytes, secret: str, signature: str) -> bool:
    expected = sign(path=path, nonce=nonce, body=body, secret=secret)
    return hmac.compare_digest(expected.encode(), signature.encode())


def parse_body(body: bytes, content_type: str) -> dict[str, Any]:
    """Read a body as JSON or as a form, whichever its type says; the first of a name counts."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise invalid_argument("body") from None
    if content_type.startswith("application/json"):
        try:
            parsed = json.loads(text, parse_float=str, parse_int=str)
        except ValueError:
            raise invalid_argument("body") from None
        if not isinstance(parsed, dict):
            raise invalid_argument("body")
        return parsed
    form = parse_qs(text, keep_blank_values=True)
    return {name: values[0] for name, values in form.items()}


def nonce_of(parameters: dict[str, Any]) -> int:
    text = str(parameters.get("nonce", ""))
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST_NONCE:
        raise KrakenError(INVALID_NONCE)
    return int(text)
