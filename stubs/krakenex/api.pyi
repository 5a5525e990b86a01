from typing import Any

import requests

class API:
    key: str
    secret: str
    uri: str
    apiversion: str
    session: requests.Session
    response: requests.Response | None
    def __init__(self, key: str = "", secret: str = "") -> None: ...
    def json_options(self, **kwargs: Any) -> API: ...
    def close(self) -> None: ...
    def load_key(self, path: str) -> None: ...
    def query_public(
        self, method: str, data: dict[str, Any] | None = None, timeout: float | None = None
    ) -> Any: ...
    def query_private(
        self, method: str, data: dict[str, Any] | None = None, timeout: float | None = None
    ) -> Any: ...
    def _query(
        self,
        urlpath: str,
        data: dict[str, Any] | None,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> Any: ...
    def _nonce(self) -> int: ...
    def _sign(self, data: dict[str, Any], urlpath: str) -> str: ...
