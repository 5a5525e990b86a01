"""Has krakenex build and sign each request, and takes it before krakenex would send it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import krakenex

from trading.venues.transport import WireRequest


class RequestBuilder(krakenex.API):
    """krakenex with its nonce handed in and its transport taken away.

    What its transport would have been given is returned as a `WireRequest`; the body is the very
    text that was signed.
    """

    def __init__(self, *, key: str, secret: str, base_url: str) -> None:
        """Close the blocking session that krakenex opens; nothing here uses it."""
        super().__init__(key, secret)
        self.close()
        self.uri = base_url.rstrip("/")
        self._next_nonce = 0

    def public(self, method: str, parameters: Mapping[str, str]) -> WireRequest:
        """Return the GET request of a public method."""
        request: WireRequest = self.query_public(method, dict(parameters))
        return request

    def private(self, method: str, parameters: Mapping[str, str], *, nonce: int) -> WireRequest:
        """Return the signed POST request of a private method."""
        self._next_nonce = nonce
        request: WireRequest = self.query_private(method, dict(parameters))
        return request

    def _nonce(self) -> int:
        return self._next_nonce

    def _query(
        self,
        urlpath: str,
        data: dict[str, Any] | None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> WireRequest:
        encoded = urlencode(data or {})
        if "/public/" in urlpath:
            query = f"?{encoded}" if encoded else ""
            return WireRequest(
                method="GET", url=f"{self.uri}{urlpath}{query}", timeout_seconds=timeout
            )
        return WireRequest(
            method="POST",
            url=self.uri + urlpath,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                **(headers or {}),
            },
            body=encoded.encode(),
            timeout_seconds=timeout,
        )
