from typing import Any

class BaseClient:
    API_KEY: str | None
    API_SECRET: str | None
    API_URL: str
    MARGIN_API_URL: str
    PRIVATE_KEY: Any
    _is_rsa: bool
    @staticmethod
    def _order_params(data: dict[str, Any]) -> list[tuple[str, str]]: ...
    def _hmac_signature(self, query_string: str) -> str: ...
    def _rsa_signature(self, query_string: str) -> str: ...
    def _ed25519_signature(self, query_string: str) -> str: ...
