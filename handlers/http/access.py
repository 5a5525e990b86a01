"""Who may come in by the HTTP door: by the name he asks for, and the token he brings. Pure."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass, field

_SCHEME = "bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRules:
    """What the configuration says; `token` None lets in whoever reaches the door."""

    token: str | None = field(default=None, repr=False)
    host_names: frozenset[str] = frozenset()
    checks_host: bool = True
    """False on a unix socket: no web page reaches one, and it has no address to ask for."""
    is_open_to_others: bool = False


def is_own_name(host: str, rules: DoorRules) -> bool:
    """Tell whether the Host of a request is a name of ours.

    A web page may have its own name lead to this machine, and then read what it finds here: it
    has to ask for that name, though, and never for an address.
    """
    if not rules.checks_host:
        return True
    name = _without_port(host.strip().lower())
    if name == "localhost" or name in rules.host_names:
        return True
    try:
        address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return address.is_loopback or rules.is_open_to_others


def has_token(authorization: str, rules: DoorRules) -> bool:
    """Tell whether the header holds the token; takes as long for a near miss as for a far one."""
    if rules.token is None:
        return True
    scheme, _, given = authorization.partition(" ")
    wanted = rules.token.encode()
    matches = hmac.compare_digest(given.strip().encode(errors="replace"), wanted)
    return matches and scheme.lower() == _SCHEME


def _without_port(host: str) -> str:
    """Return the name; ports may differ behind a tunnel, and tell nothing."""
    name, separator, port = host.rpartition(":")
    return name if separator and port.isdigit() and not name.endswith(":") else host
