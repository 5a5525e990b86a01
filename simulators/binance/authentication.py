"""Keys and signatures: HMAC-SHA256 over exactly what was received."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import unquote

KEY_FORMAT = re.compile(r"[A-Za-z0-9]{64}")
SIGNATURE = re.compile(r"(^|&)signature=([^&]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    key: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was signed, and the signature that came with it (None: there was none)."""

    payload: str
    signature: str | None


def signed_call(query: str, body: str) -> Signed:
    """Take the signature out of the query or the body; the rest of both is what was signed.

    The payload is the text as it was sent, percent-encoding and all, with nothing between the
    two parts.
    """
    found = [match.group(2) for part in (query, body) for match in SIGNATURE.finditer(part)]
    payload = "".join(_without_signature(part) for part in (query, body))
    return Signed(payload=payload, signature=unquote(found[0]) if found else None)


def hmac_signature(payload: str, secret: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def is_signed(signed: Signed, credentials: Credentials) -> bool:
    if signed.signature is None:
        return False
    expected = hmac_signature(signed.payload, credentials.secret)
    return hmac.compare_digest(expected.encode(), signed.signature.lower().encode())


def _without_signature(part: str) -> str:
    return SIGNATURE.sub("", part).removeprefix("&")
