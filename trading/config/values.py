"""The kinds of value that a configuration is made of, each read with care and a clear refusal."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from trading.config.durations import parse_duration
from trading.config.schedule import Schedule, parse_schedule
from trading.config.secret import Secret, SecretSources, resolve
from trading.model.identifiers import Asset, asset

_VENUE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_WHOLE = 100
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")


class Section(BaseModel):
    """One table of the file: unknown keys are errors, nothing is converted, nothing changes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reading a file depends on beside its text."""

    folder: Path
    environment: Mapping[str, str]
    exposed: str | None = None
    """Why a secret may not stand in the file itself."""
    needs_secrets: bool = True
    """False: a secret that cannot be read here is absent, for whoever needs none."""
    is_pairing: bool = False
    """The owner is still finding out his numeric id: nobody may own the bot yet."""


def surroundings(info: ValidationInfo) -> Surroundings:
    """Return what was handed to the validation."""
    context = info.context
    return (
        context
        if isinstance(context, Surroundings)
        else Surroundings(folder=Path(), environment={})
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A part of the day, in the owner's timezone, in which messages make no sound."""

    start: time
    end: time

    def contains(self, moment: time) -> bool:
        """True inside; hours may run over midnight."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def __str__(self) -> str:
        """Return it as it is written in the configuration."""
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _number(written: object) -> Decimal:
    if isinstance(written, Decimal | int) and not isinstance(written, bool):
        number = Decimal(written)
        if number.is_finite():
            return number
    hint = ""
    if isinstance(written, str) and written.strip().endswith("%"):
        hint = "; a percentage is written as a fraction: 5 % is 0.05"
    message = f"must be a number without quotes, such as 0.25; was {written!r}{hint}"
    raise ValueError(message)


def _share(written: object) -> Decimal:
    """A limit of nothing forbids everything, one of more than all nothing: neither is meant."""
    number = _number(written)
    if 0 < number <= 1:
        return number
    hint = f"; {number} % is {number / 100}" if 1 < number < _WHOLE else ""
    message = f"must be a fraction of more than 0 and at most 1; was {written}{hint}"
    raise ValueError(message)


def _share_or_off(written: object) -> Decimal | None:
    return None if _is_off(written) else _share(written)


def _number_or_off(written: object) -> Decimal | None:
    if _is_off(written):
        return None
    number = _number(written)
    if number > 0:
        return number
    message = f'must be more than 0, or "off"; was {written}'
    raise ValueError(message)


def _count_or_off(written: object) -> int | None:
    if _is_off(written):
        return None
    if isinstance(written, int) and not isinstance(written, bool) and written > 0:
        return written
    message = f'must be a whole number of more than 0 without quotes, or "off"; was {written!r}'
    raise ValueError(message)


def _is_off(written: object) -> bool:
    return written is None or written == "off"


def _asset(written: object) -> Asset:
    if not isinstance(written, str):
        message = f'must be an asset code in quotes, such as "BTC"; was {written!r}'
        raise ValueError(message)  # noqa: TRY004 - a wrong value in a file, told like the others
    return asset(written)


def each_asset_once(written: Any) -> Any:
    """Refuse a table that names one asset twice, in small and in capital letters."""
    if isinstance(written, dict):
        seen: dict[str, str] = {}
        for code in written:
            if (first := seen.setdefault(str(code).upper(), code)) != code:
                message = f"names one asset twice: {first} and {code}"
                raise ValueError(message)
    return written


def _venue_name(written: object) -> str:
    if isinstance(written, str) and _VENUE_NAME.fullmatch(written):
        return written
    message = f"a venue's name is small letters, digits, - and _, such as kraken; was {written!r}"
    raise ValueError(message)


def _url(written: object) -> str:
    """Plain http and ws would carry the key in the clear: to this machine only."""
    if not isinstance(written, str):
        message = f"must be an address in quotes, was {written!r}"
        raise ValueError(message)  # noqa: TRY004 - a wrong value in a file, told like the others
    try:
        parts = urlsplit(written)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https", "ws", "wss"} or not host:
        message = f"must be an address such as https://host.example, was {written!r}"
        raise ValueError(message)
    if parts.query or parts.fragment or parts.username:
        message = f"must be an address without user, query or fragment, was {written!r}"
        raise ValueError(message)
    if parts.scheme in {"http", "ws"} and not _is_loopback(host):
        message = (
            f"must start with {parts.scheme}s://, since {host} is not this machine; "
            f"was {written!r}"
        )
        raise ValueError(message)
    return written.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _timezone(written: object) -> ZoneInfo:
    if isinstance(written, ZoneInfo):
        return written
    try:
        return ZoneInfo(str(written))
    except (KeyError, OSError, ValueError):  # not found, a folder, or no plain name
        message = f'must be a timezone such as "UTC" or "Europe/Berlin"; was {written!r}'
        raise ValueError(message) from None


def _path(written: object, info: ValidationInfo) -> Path:
    if not isinstance(written, str | Path) or not str(written).strip():
        message = f"must be a path in quotes, was {written!r}"
        raise ValueError(message)
    return surroundings(info).folder / Path(written).expanduser()


def _quiet_hours(written: object) -> QuietHours | None:
    if written is None or isinstance(written, QuietHours):
        return written
    if written == "off":
        return None
    match = _QUIET.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        message = f'must be "off" or hours such as "22:00-07:00"; was {written!r}'
        raise ValueError(message)
    start, end = (time(int(match[i]), int(match[i + 1])) for i in (1, 3))
    if start == end:
        message = f'start and end are the same; write "off" for none, was {written!r}'
        raise ValueError(message)
    return QuietHours(start=start, end=end)


def _secret(written: object, info: ValidationInfo) -> Secret:
    around = surroundings(info)
    return resolve(
        written,
        SecretSources(
            environment=around.environment,
            folder=around.folder,
            exposed=around.exposed,
            are_needed=around.needs_secrets,
        ),
    )


def _items(written: Any) -> Any:
    return tuple(written) if isinstance(written, list) else written


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Amount = Annotated[Decimal, BeforeValidator(_number), Field(ge=0)]
Fraction = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=1)]
Share = Annotated[Decimal, BeforeValidator(_share)]
ShareOrOff = Annotated[Decimal | None, BeforeValidator(_share_or_off)]
NumberOrOff = Annotated[Decimal | None, BeforeValidator(_number_or_off)]
CountOrOff = Annotated[int | None, BeforeValidator(_count_or_off)]
AssetCode = Annotated[Asset, BeforeValidator(_asset)]
AssetCodes = Annotated[tuple[AssetCode, ...], BeforeValidator(_items)]
UserId = Annotated[int, Field(gt=0)]
UserIds = Annotated[tuple[UserId, ...], BeforeValidator(_items)]
VenueKey = Annotated[str, BeforeValidator(_venue_name)]
Url = Annotated[str, BeforeValidator(_url)]
Timezone = Annotated[ZoneInfo, BeforeValidator(_timezone)]
LocalPath = Annotated[Path, BeforeValidator(_path)]
Quiet = Annotated[QuietHours | None, BeforeValidator(_quiet_hours)]
When = Annotated[Schedule | None, BeforeValidator(parse_schedule)]
SecretText = Annotated[Secret, BeforeValidator(_secret)]
