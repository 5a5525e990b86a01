"""The failures that must be survived: what each is, where it hurts most, what the owner hears."""

import re
from collections.abc import Sequence

from bench.healing_values import LONG, Door, Failure, Fault, Situation, fault
from tests.support.local_kraken import LocalKraken

IN_DOUBT = r"Outcome unknown"
QUESTIONED = r"Balances in question"
ADOPTED = r"An order that I did not place"
ANSWERED = r"Not executed|Done|Failed|the new plan"
"""What the press that asked for it comes to says enough."""


def failures() -> tuple[Failure, ...]:
    """Return all of them, by both doors where both can be hurt."""
    return (
        *_lost(),
        *_refused(),
        *_read(),
        *_spelled(),
        *_streamed(),
        *_conditions(),
        *_happenings(),
        *_kills(),
    )


def _lost() -> Sequence[Failure]:
    """Orders whose answer does not come, or makes no sense."""
    socket = (
        ("time-out before execution", fault("hang_before", "add_order", seconds=20.0), IN_DOUBT),
        ("time-out after execution", fault("hang_after", "add_order", seconds=20.0), None),
        ("answer never sent", fault("ws_lose_ack", "add_order"), None),
        ("disconnect before the order is done", fault("ws_drop_before", "add_order"), IN_DOUBT),
        ("disconnect between order and ack", fault("ws_drop_after", "add_order"), None),
        ("answer is malformed JSON", fault("malformed_json", "add_order"), None),
        ("fill before its ack", fault("ws_ack_last", "add_order", seconds=0.5), None),
    )
    rest = (
        ("time-out before execution", fault("hang_before", "AddOrder", seconds=20.0), IN_DOUBT),
        ("time-out after execution", fault("hang_after", "AddOrder", seconds=20.0), IN_DOUBT),
        ("5xx with HTML, before execution", fault("http_5xx_before", "AddOrder"), IN_DOUBT),
        ("5xx with HTML, after execution", fault("http_5xx_after", "AddOrder"), IN_DOUBT),
        ("disconnect before the order is done", fault("drop_before", "AddOrder"), IN_DOUBT),
        ("disconnect between order and answer", fault("lose_answer", "AddOrder"), IN_DOUBT),
        ("answer is malformed JSON", fault("malformed_json", "AddOrder"), IN_DOUBT),
    )
    return (
        *(
            Failure(name=name, door=Door.SOCKET, faults=(each,), told=told)
            for name, each, told in socket
        ),
        *(
            Failure(name=name, door=Door.REST, faults=(each,), told=told)
            for name, each, told in rest
        ),
    )


WORDS = (
    "EService:Unavailable",
    "EService:Busy",
    "EService:Throttled",
    "EAPI:Rate limit exceeded",
    "EOrder:Rate limit exceeded",
    "EOrder:Insufficient funds",
    "EService:Deadline elapsed",
)
LOCKOUT = "EGeneral:Temporary lockout"
LOCKOUT_SECONDS = 900.0


def _refused() -> Sequence[Failure]:
    """Orders that the venue refuses in its own words; the lockout lasts as long as Kraken's."""
    doors = ((Door.SOCKET, "add_order"), (Door.REST, "AddOrder"))
    orders = [
        Failure(
            name=words,
            door=door,
            faults=(fault("error", match, error=words),),
            told=rf"{re.escape(words)}|{IN_DOUBT}",
        )
        for words in WORDS
        for door, match in doors
    ]
    reads = [
        Failure(
            name=f"{words}, to every question for 5 s",
            door=Door.REST,
            faults=(fault("error", "Balance*", count=LONG, error=words),),
            lasts=5.0,
        )
        for words in WORDS[:4]
    ]
    lockouts = [
        Failure(
            name=LOCKOUT,
            door=door,
            faults=(fault("error", match, error=LOCKOUT),),
            told="ockout",
            within=LOCKOUT_SECONDS + 480.0,
        )
        for door, match in doors
    ]
    return (*orders, *reads, *lockouts)


def _read() -> Sequence[Failure]:
    """Balances that cannot be believed."""
    cut = fault("ws_drop", "private")
    snapshots = (
        ("empty_balances", "empty balances"),
        ("partial_balances", "half of the balances"),
    )
    answers = (
        *((name, words, QUESTIONED) for name, words in snapshots),
        ("malformed_json", "balances in malformed JSON", ANSWERED),
        ("http_5xx_before", "balances answered by 5xx", ANSWERED),
    )
    return [
        Failure(
            name=f"{words} in the snapshot after a cut",
            door=Door.SOCKET,
            situation=Situation.QUIET,
            faults=(fault(name, "balances"), cut),
            told=QUESTIONED,
        )
        for name, words in snapshots
    ] + [
        Failure(
            name=f"{words} for 5 s",
            door=Door.REST,
            faults=(fault(name, "Balance*", count=LONG),),
            lasts=5.0,
            told=told,
        )
        for name, words, told in answers
    ]


def _spelled() -> Sequence[Failure]:
    """Numbers in all the ways that JSON can write them."""
    return [
        Failure(
            name=f"numbers spelled as {spelling}",
            door=door,
            faults=(fault("spell_numbers", match, count=LONG, spelling=spelling),),
            lasts=5.0,
        )
        for spelling in ("string", "float", "exponent", "exponent_string")
        for door, match in ((Door.SOCKET, "executions*"), (Door.REST, "Balance*"))
    ]


def _streamed() -> Sequence[Failure]:
    """What only a stream can do wrong."""
    rows = (
        ("silent but connected, deaf", fault("ws_silent", "private", count=LONG), 20.0, IN_DOUBT),
        (
            "silent but connected, orders done",
            fault("ws_silent", "private", count=LONG, deaf=False),
            20.0,
            None,
        ),
        ("executions silent", fault("ws_silent_channel", "executions", count=LONG), 5.0, None),
        ("sequence gap", fault("ws_gap", "executions"), None, None),
        ("executions twice", fault("ws_duplicate", "executions", count=4), None, None),
        ("executions out of order", fault("ws_swap", "executions"), None, None),
        (
            "executions out of order, well numbered",
            fault("ws_swap", "executions", numbers_stay=True),
            None,
            None,
        ),
        ("executions in malformed JSON", fault("ws_malformed", "executions"), None, None),
        ("token expired mid-session", fault("ws_expire_token"), None, "Order cancelled"),
    )
    return [
        Failure(name=name, door=Door.SOCKET, faults=(each,), lasts=lasts, told=told)
        for name, each, lasts, told in rows
    ] + [
        Failure(
            name="upgrade answered by 5xx for 10 s",
            door=Door.SOCKET,
            faults=(
                fault("http_5xx_before", "upgrade", count=LONG),
                fault("ws_drop", "private", count=1),
            ),
            lasts=10.0,
        )
    ]


def _conditions() -> Sequence[Failure]:
    """States of the venue as a whole."""
    return [
        Failure(
            name=f"the venue's clock {seconds:+.0f} s",
            door=door,
            faults=(fault("clock_skew", count=None, seconds=seconds),),
            lasts=8.0,
        )
        for door in Door
        for seconds in (5.0, -5.0)
    ] + [
        Failure(
            name=mode,
            door=door,
            faults=(fault("status", count=None, status=mode),),
            lasts=8.0,
            told=rf"{mode}|Market in|EService:Unavailable",
        )
        for door in Door
        for mode in ("cancel_only", "post_only", "maintenance")
    ]


async def _order_by_hand(kraken: LocalKraken) -> None:
    await kraken.order_by_hand(pair="ETH/USD", side="buy", type="market", volume="0.02")


async def _new_asset(kraken: LocalKraken) -> None:
    book = await kraken.book()
    number = sum(asset.startswith("NEW") for asset in book["balances"])
    await kraken.deposit(f"NEW{number}", "5", newly_listed=True)


async def _moved(kraken: LocalKraken) -> None:
    await kraken.deposit("ETH", "0.01")
    await kraken.withdraw("USD", "20")


def _happenings() -> Sequence[Failure]:
    """What people do in the middle."""
    return [
        Failure(name=name, door=door, situation=Situation.BETWEEN, act=act, told=told)
        for door in Door
        for name, act, told in (
            # Without a stream it is found by the next look for such orders, which is told then.
            ("order placed by hand", _order_by_hand, ADOPTED if door is Door.SOCKET else None),
            ("asset never seen before", _new_asset, None),
            ("deposit and withdrawal", _moved, None),
        )
    ] + [
        each
        for door in Door
        for each in (
            Failure(name="order for the whole holding", door=door, situation=Situation.WHOLE),
            Failure(
                name="fill after a cancel",
                door=door,
                situation=Situation.CANCEL,
                faults=_after_cancel(door),
            ),
        )
    ]


def _kills() -> Sequence[Failure]:
    """The process dies as in a power cut, and is started again as its service manager does."""
    doors = (
        (Door.SOCKET, "add_order", "ws_lose_ack"),
        (Door.REST, "AddOrder", "lose_answer"),
    )
    return [
        Failure(
            name=f"SIGKILL, order {words}",
            door=door,
            situation=Situation.KILL,
            faults=(each,),
            told="Started again|[Ii]nterrupted",
        )
        for door, match, lost in doors
        for words, each in (
            ("at the venue and unanswered", fault(lost, match)),
            ("sent and not there yet", fault("hang_before", match, seconds=3.0)),
        )
    ]


def _after_cancel(door: Door) -> Sequence[Fault]:
    filled = fault("fill_before_cancel", "CancelOrder", fraction="0.25")
    late = fault("ws_swap", "executions.trade", numbers_stay=True)
    return (filled, late) if door is Door.SOCKET else (filled,)
