"""Has python-binance build and sign each request, and takes it before the library would send it.

The library knows each endpoint's verb, path and version, sorts parameters and holds the key. What
it sends and what it signs differ where a value needs percent-encoding, so signing is done here,
over the very text that leaves; nothing of its transport, its clock or its order ids is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote, urlencode

from binance.async_client import AsyncClient

from trading.venues.transport import WireRequest

_PEM = "PRIVATE KEY-----"
_FORM = "application/x-www-form-urlencoded"
_VERBS: Mapping[str, Literal["GET", "POST", "DELETE"]] = {
    "get": "GET",
    "post": "POST",
    "delete": "DELETE",
}


class RequestBuilder(AsyncClient):
    """The library's client with its transport taken away.

    The secret is that of an HMAC key, or the PEM text of an RSA or Ed25519 key.
    """

    def __init__(self, *, key: str, secret: str, rest_url: str) -> None:
        """Point both families of endpoints at `rest_url`."""
        is_pem = _PEM in secret
        super().__init__(
            key or None,
            None if is_pem or not secret else secret,
            private_key=secret if is_pem else None,
        )
        base = rest_url.rstrip("/")
        self.API_URL = f"{base}/api"
        self.MARGIN_API_URL = f"{base}/sapi"

    async def build(self, endpoint: str, parameters: Mapping[str, str]) -> WireRequest:
        """Return the request of one of the library's methods, such as "get_account"."""
        built: WireRequest
        if endpoint == "get_exchange_info":
            # The library lets nothing be left out of a list of several megabytes.
            built = await self._get("exchangeInfo", data=dict(parameters))
        else:
            built = await getattr(self, endpoint)(**parameters)
        return built

    def sign(self, payload: str) -> str:
        """Return the signature of a text, by whatever kind of key this is."""
        if self.PRIVATE_KEY is None:
            return self._hmac_signature(payload)
        return self._rsa_signature(payload) if self._is_rsa else self._ed25519_signature(payload)

    def _init_session(self) -> None:
        """Open none: requests leave through our own transport."""

    async def _request(self, method: str, uri: str, *flags: Any, **kwargs: Any) -> WireRequest:
        """Take what the library would send; the first of the flags says whether it is signed."""
        (signed, *_) = flags
        fields = self._order_params(dict(kwargs.get("data") or {}))
        payload = urlencode(fields, quote_via=quote)
        if signed:
            payload = f"{payload}&signature={quote(self.sign(payload), safe='')}"
        headers = {"X-MBX-APIKEY": self.API_KEY} if self.API_KEY else {}
        verb = _VERBS[method]
        if verb == "POST":
            return WireRequest(
                method=verb,
                url=uri,
                headers={**headers, "Content-Type": _FORM},
                body=payload.encode(),
            )
        query = f"?{payload}" if payload else ""
        return WireRequest(method=verb, url=f"{uri}{query}", headers=headers)
