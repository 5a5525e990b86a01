"""Ids as the venue writes them (OXXXXX-XXXXX-XXXXXX), made from a seed and a number."""

import base64
import hashlib
import re

PATTERN = re.compile(r"[OTLF][A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}")


class Identifiers:
    """The same number always gives the same id; different kinds never collide."""

    def __init__(self, *, seed: str) -> None:
        self._seed = seed

    def order(self, number: int) -> str:
        return self._make("O", number)

    def trade(self, number: int) -> str:
        return self._make("T", number)

    def ledger(self, number: int) -> str:
        return self._make("L", number)

    def transfer(self, number: int) -> str:
        return self._make("F", number)

    def amendment(self, order_id: str, at: int) -> str:
        return self._make("T", f"{order_id}/{at}")

    def _make(self, kind: str, number: int | str) -> str:
        digest = hashlib.sha256(f"{self._seed}/{kind}/{number}".encode()).digest()
        text = base64.b32encode(digest).decode()
        return f"{kind}{text[:5]}-{text[5:10]}-{text[10:16]}"


def is_identifier(text: str) -> bool:
    return PATTERN.fullmatch(text) is not None
