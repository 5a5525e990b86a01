from typing import Any

from binance.base_client import BaseClient

class AsyncClient(BaseClient):
    def __init__(
        self,
        api_key: str | None = None,
        api_secret: str | None = None,
        *,
        private_key: str | None = None,
    ) -> None: ...
    def _init_session(self) -> Any: ...
    async def _request(self, method: str, uri: str, *flags: Any, **kwargs: Any) -> Any: ...
    async def _get(
        self, path: str, signed: bool = False, version: str = "v3", **kwargs: Any
    ) -> Any: ...
