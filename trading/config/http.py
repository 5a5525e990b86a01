"""The table of the HTTP door: where it listens, and who may come in."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from trading.config.secret import Secret
from trading.config.values import SecretText, Section, surroundings

_UNIX = "unix:"
_HIGHEST_PORT = 65535
_SHORTEST_TOKEN = 16
_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAddress:
    """A port of this machine."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can reach it."""
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback

    def __str__(self) -> str:
        """Return it as it is written in the configuration."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnixAddress:
    """A socket in the file system, for its owner alone."""

    path: Path

    def __str__(self) -> str:
        """Return it as it is written in the configuration."""
        return f"{_UNIX}{self.path}"


Address = TcpAddress | UnixAddress


def _listen(written: object, info: ValidationInfo) -> Address:
    if isinstance(written, TcpAddress | UnixAddress):
        return written
    if isinstance(written, str) and written.startswith(_UNIX) and written != _UNIX:
        path = Path(written.removeprefix(_UNIX)).expanduser()
        return UnixAddress(path=surroundings(info).folder / path)
    host, _, port = written.rpartition(":") if isinstance(written, str) else ("", "", "")
    if port.isascii() and port.isdigit() and 0 < int(port) <= _HIGHEST_PORT:
        host = host.removeprefix("[").removesuffix("]")
        if host == "localhost" or _is_address(host):
            return TcpAddress(host=host, port=int(port))
    message = (
        'must be an address of this machine with a port, such as "127.0.0.1:8787", or '
        f'"unix:PATH"; was {written!r}'
    )
    raise ValueError(message)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _host_name(written: object) -> str:
    if isinstance(written, str) and _HOST_NAME.fullmatch(written.lower()):
        return written.lower()
    message = f"must be the name of a host without a port, such as bot.example; was {written!r}"
    raise ValueError(message)


def _items(written: Any) -> Any:
    return tuple(written) if isinstance(written, list) else written


Listen = Annotated[Address, BeforeValidator(_listen)]
HostName = Annotated[str, BeforeValidator(_host_name)]
HostNames = Annotated[tuple[HostName, ...], BeforeValidator(_items)]


class HttpSection(Section):
    """The HTTP door, for monitoring. Without this table nothing listens."""

    listen: Listen = Field(
        default=TcpAddress(host="127.0.0.1", port=8787),
        description='Where it listens: "127.0.0.1:8787", or "unix:PATH" for a socket that only '
        "your own user can open; a relative path starts at the configuration file.",
    )
    token: SecretText | None = Field(
        default=None,
        description="What every request has to bring along, as Authorization: Bearer TOKEN; at "
        "least 16 characters. Without it everybody on this machine may read.",
    )
    host_names: HostNames = Field(
        default=(),
        description="Names by which the door may be asked for beside localhost and addresses of "
        "this machine, such as that of a proxy before it. Other names are refused: a web page "
        "could have its own name lead to this machine.",
    )
    allow_other_machines: bool = Field(
        default=False,
        description="true lets it listen where other machines can reach it. It speaks plain HTTP, "
        "so what they send, the token too, can be read on the way.",
    )

    @field_validator("token")
    @classmethod
    def _token_is_long(cls, token: Secret | None) -> Secret | None:
        if token is None or token.is_absent:
            return token
        if len(token.reveal()) < _SHORTEST_TOKEN:
            message = f"is shorter than {_SHORTEST_TOKEN} characters, and could be guessed"
            raise ValueError(message)
        if not _is_plain(token.reveal()):
            message = "holds characters that no header can carry; use letters and digits"
            raise ValueError(message)
        return token

    @model_validator(mode="after")
    def _stays_on_this_machine_unless_told(self) -> Self:
        address = self.listen
        if isinstance(address, TcpAddress) and not address.is_loopback:
            if not self.allow_other_machines:
                message = (
                    f"{address} can be reached from other machines; if that is meant, set "
                    "allow_other_machines = true and a token"
                )
                raise ValueError(message)
            if self.token is None:
                message = "token is missing: other machines can reach the door"
                raise ValueError(message)
        return self


def _is_plain(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token
