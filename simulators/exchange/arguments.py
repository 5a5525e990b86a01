"""How the command lines of local venues are read."""

import argparse
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address

from simulators.exchange.serving import Address
from trading.venues.paper.values import is_amount


def address(text: str) -> Address:
    """Read HOST:PORT; only this machine itself may be listened on."""
    host, _, port = text.rpartition(":")
    try:
        loopback = ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    if not loopback or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a loopback address such as 127.0.0.1:0")
    return Address(host=host.strip("[]"), port=int(port))


def listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def balances(text: str) -> dict[str, Decimal]:
    found = {}
    for part in listed(text):
        asset, _, written = part.partition("=")
        try:
            value = Decimal(written)
        except InvalidOperation:
            raise argparse.ArgumentTypeError(f"{part!r} is not ASSET=AMOUNT") from None
        if value != 0 and not is_amount(value):
            raise argparse.ArgumentTypeError(f"{part!r} is not a balance")
        found[asset.strip()] = value
    return found


def positive(text: str) -> float:
    value = not_negative(text)
    if value == 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is out of range")
    return value
