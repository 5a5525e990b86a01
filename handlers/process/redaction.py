"""Secrets are taken out of every line before anybody sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_SHORTEST = 6
"""Shorter words would be found in innocent text; no real secret is so short."""

_PATTERNS = (
    # A bot token wherever it stands; the library puts it into every URL it logs.
    re.compile(r"(?P<keep>\b\d{3,}:)[A-Za-z0-9_-]{20,}"),
    re.compile(r"(?P<keep>/bot\d+:)[^/\s'\"]+"),
    re.compile(
        r"(?P<keep>\b(?:api-key|api-sign|x-mbx-apikey|authorization)\b['\"]?\s*[:=,]\s*['\"]?"
        r"(?:bearer\s+|basic\s+)?)[^\s'\",;)}\]]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<keep>\bbearer\s+)[^\s'\",;)}\]]+", re.IGNORECASE),
)


class Redactor:
    """Knows the secrets of this configuration, and what secrets look like anywhere."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Start with these; a reload may bring more."""
        self._secrets: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Hide these too, in each spelling in which they may appear; the old ones stay hidden."""
        self._secrets |= frozenset(secret for secret in secrets if len(secret) >= _SHORTEST)
        spellings = {spelling for secret in self._secrets for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\g<keep>{HIDDEN}", text)
        return text


def _spellings(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
