"""How answers are spelled: JSON with exact numbers, or with numbers as a sloppy venue does."""

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

_quoted = json.encoder.encode_basestring_ascii


class Spelling(StrEnum):
    """How amounts and prices are written; counts and ids are always plain."""

    PLAIN = "plain"  # 0.00001
    FLOAT = "float"  # 1e-05, as most languages print a double
    EXPONENT = "exponent"  # 1e-5, and 1.0594e+5
    STRING = "string"  # "0.00001"
    EXPONENT_STRING = "exponent_string"  # "1e-5"


def encode(value: Any, spelling: Spelling = Spelling.PLAIN) -> str:
    """Write a frame: every Decimal in it is a number to be spelled."""
    match value:
        case str():
            return _quoted(value)
        case Decimal():
            return spell(value, spelling)
        case Mapping():
            inside = (f"{_quoted(name)}:{encode(each, spelling)}" for name, each in value.items())
            return "{" + ",".join(inside) + "}"
        case list() | tuple():
            return "[" + ",".join(encode(each, spelling) for each in value) + "]"
        case _:
            return json.dumps(value)


def spell(number: Decimal, spelling: Spelling) -> str:
    match spelling:
        case Spelling.PLAIN:
            return f"{number:f}"
        case Spelling.FLOAT:
            return repr(float(number))
        case Spelling.EXPONENT:
            return f"{number.normalize():e}"
        case Spelling.STRING:
            return f'"{number:f}"'
        case Spelling.EXPONENT_STRING:
            return f'"{number.normalize():e}"'
