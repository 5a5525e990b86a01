"""A request as it was understood, and the frames that answer it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.kraken.errors import KrakenError
from simulators.kraken.websocket.speech import Frame
from simulators.kraken.websocket.times import stamp

MALFORMED = "Malformed request"
LARGEST_REQUEST_ID = 2**63


class MalformedRequestError(Exception):
    """A frame that is no request; the answer carries no method because there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`params` holds numbers as Decimal, exactly as they were written."""

    method: str
    params: Mapping[str, Any]
    request_id: int | None
    received_at: datetime

    def success(self, result: Any, *, now: datetime) -> Frame:
        return self._answer({"result": result, "success": True}, now)

    def failure(self, error: str, *, now: datetime, **more: Any) -> Frame:
        return self._answer({"error": error, **more, "success": False}, now)

    def pong(self, *, now: datetime) -> Frame:
        return {**self._answer({}, now), "method": "pong"}

    def _answer(self, words: Frame, now: datetime) -> Frame:
        frame: Frame = {"method": self.method}
        if self.request_id is not None:
            frame["req_id"] = self.request_id
        return {
            **frame,
            **words,
            "time_in": stamp(self.received_at),
            "time_out": stamp(max(now, self.received_at)),
        }


def read_request(text: str, *, at: datetime) -> Request:
    try:
        words = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, InvalidOperation):
        raise MalformedRequestError from None
    if not isinstance(words, dict) or not isinstance(words.get("method"), str):
        raise MalformedRequestError
    params, request_id = words.get("params", {}), words.get("req_id")
    if not isinstance(params, dict):
        raise MalformedRequestError
    if request_id is not None and not _is_request_id(request_id):
        raise MalformedRequestError
    return Request(method=words["method"], params=params, request_id=request_id, received_at=at)


def malformed(*, at: datetime, now: datetime) -> Frame:
    return {
        "error": MALFORMED,
        "success": False,
        "time_in": stamp(at),
        "time_out": stamp(max(at, now)),
    }


def boolean(params: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = params.get(name, default)
    if not isinstance(value, bool):
        raise KrakenError(f"EGeneral:Invalid arguments:{name}")
    return value


def chosen(
    params: Mapping[str, Any], name: str, known: Callable[[Any], bool], default: Any
) -> Any:
    """Read one of a few values, the default where nothing is said."""
    value = params.get(name, default)
    if isinstance(value, bool) or not known(value):
        raise KrakenError(f"EGeneral:Invalid arguments:{name}")
    return value


def _is_request_id(value: Any) -> bool:
    return (
        isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_REQUEST_ID
    )


def _refuse(_: str) -> Any:
    raise ValueError
