"""Every metric of the bot; docs/metrics.md is made from this, and a scrape is held against it."""

from __future__ import annotations

from trading.metrics.families import Family, Kind

_CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_COMMAND_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0)
_JOB_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)
_LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_WRITE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)


def _counter(name: str, about: str, *labels: str) -> Family:
    return Family(name=f"steelyard_{name}_total", kind=Kind.COUNTER, about=about, labels=labels)


def _gauge(name: str, about: str, *labels: str) -> Family:
    return Family(name=f"steelyard_{name}", kind=Kind.GAUGE, about=about, labels=labels)


def _seconds(name: str, about: str, *labels: str, buckets: tuple[float, ...]) -> Family:
    return Family(
        name=f"steelyard_{name}_seconds",
        kind=Kind.HISTOGRAM,
        about=about,
        labels=labels,
        buckets=buckets,
    )


# --- counted where it happens -------------------------------------------------------------------

COMMANDS = _counter(
    "commands", "Commands and pressed buttons that were run, by how they ended.",
    "command", "outcome",
)  # fmt: skip
COMMAND_DURATION = _seconds(
    "command_duration", "From the claim of a command to its answer being ready.",
    "command", buckets=_COMMAND_BUCKETS,
)  # fmt: skip
VENUE_CALLS = _counter(
    "venue_calls", "Calls of a venue, by what became of them.",
    "venue", "endpoint", "outcome",
)  # fmt: skip
VENUE_CALL_ERRORS = _counter(
    "venue_call_errors", "Calls of a venue that failed, by the kind of fault.",
    "venue", "endpoint", "kind",
)  # fmt: skip
VENUE_CALL_DURATION = _seconds(
    "venue_call_duration",
    "A call of a venue with its wait for a turn and its retries; not those that a breaker kept.",
    "venue", "endpoint", buckets=_CALL_BUCKETS,
)  # fmt: skip
ORDER_CHANGES = _counter(
    "order_changes", "Orders that came into a state, by the journal.", "venue", "status"
)
FILLS = _counter("fills", "Fills that were booked.", "venue", "side")
BALANCE_QUESTIONS = _counter(
    "balance_questions", "Answers about balances that were not believed.", "venue"
)
JOB_RUNS = _counter("job_runs", "Runs of a job, by how they ended.", "job_name", "outcome")
JOB_DURATION = _seconds(
    "job_duration", "How long a run of a job took.", "job_name", buckets=_JOB_BUCKETS
)
JOB_LATENESS = _seconds(
    "job_lateness", "From the stroke of a job's bell to the beginning of its run.",
    "job_name", buckets=_JOB_BUCKETS,
)  # fmt: skip
LOOP_LAG = _seconds(
    "loop_lag", "How late the event loop wakes who asked to be woken, sampled twice a second.",
    buckets=_LAG_BUCKETS,
)  # fmt: skip
WRITE_DURATION = _seconds(
    "database_write_duration", "A write of the database with its wait in the queue.",
    buckets=_WRITE_BUCKETS,
)  # fmt: skip
WRITE_FAILURES = _counter("database_write_failures", "Writes that the database did not take.")

# --- read when somebody asks --------------------------------------------------------------------

VENUE_RETRIES = _counter(
    "venue_retries", "Questions asked again because the venue was busy.", "venue"
)
VENUE_BUDGET_LEFT = _gauge(
    "venue_budget_left_ratio",
    "What is left of a call limit of the venue, by our own reckoning: 1 all of it, 0 nothing.",
    "venue", "budget",
)  # fmt: skip
STREAM_LIVE = _gauge(
    "stream_live", "1 while a stream is connected, subscribed and in sequence.", "venue", "stream"
)
STREAM_WANTED = _gauge(
    "stream_wanted", "1 while there is something that a stream should be up for.",
    "venue", "stream",
)  # fmt: skip
STREAM_RECONNECTS = _counter(
    "stream_reconnects", "Connections of a stream after the first.", "venue", "stream"
)
STREAM_FRAME_AGE = _gauge(
    "stream_last_frame_age_seconds",
    "Since the last frame on the present connection of a stream; absent while there is none.",
    "venue", "stream",
)  # fmt: skip
BREAKER_STATE = _gauge(
    "breaker_state", "1 for the state that a breaker is in, 0 for the others.",
    "venue", "kind", "state",
)  # fmt: skip
BREAKER_FAILURES = _gauge(
    "breaker_failures", "Failures in a row that a breaker has seen.", "venue", "kind"
)
BALANCE_VERIFIED = _gauge(
    "balance_verified", "1 while orders may rest on the balances of a venue.", "venue"
)
BALANCE_AGE = _gauge(
    "balance_age_seconds",
    "Since the balances of a venue were confirmed; absent while they were never read.",
    "venue",
)
ORDERS = _gauge("orders", "Orders that have not ended, by their state.", "venue", "status")
TRADING_STATE = _gauge(
    "trading_state", "1 for the state that trading is in, 0 for the others.", "state"
)
TRADING_ENABLED = _gauge(
    "trading_enabled", "1 unless the configuration forbids everything that trades."
)
JOB_FAILURES = _gauge("job_failures", "Failures of a job in a row.", "job_name")
JOB_PAUSED = _gauge("job_paused", "1 while a job is paused.", "job_name")
JOB_LAST_RUN = _gauge(
    "job_last_run_timestamp_seconds",
    "When a job last ended a run, in seconds since 1970; absent before the first.",
    "job_name",
)
PART_RUNNING = _gauge("part_running", "1 while a long-lived part of the bot runs.", "part")
PART_RESTARTS = _gauge(
    "part_restarts", "Falls of a part in a row; back to none once it ran well.", "part"
)
TELEGRAM_UP = _gauge("telegram_up", "1 while Telegram can be heard; absent without a chat.")
DATABASE_QUEUE = _gauge(
    "database_queue_length", "Writes that wait for the database, or are under way."
)
DATABASE_SIZE = _gauge(
    "database_size_bytes", "Size of the database and of its write-ahead log.", "file"
)
OUTBOX_WAITING = _gauge("outbox_waiting", "Messages that Telegram has not taken yet.")
OUTBOX_AGE = _gauge(
    "outbox_oldest_age_seconds", "Age of the oldest message that waits; 0 when none does."
)
BUILD_INFO = _gauge("build_info", "1, with what runs here.", "version", "python", "mode")
SOURCE_UP = _gauge(
    "metrics_source_up", "1 when a part of this page could be read, 0 when it is missing.",
    "source",
)  # fmt: skip

OBSERVED: tuple[Family, ...] = (
    COMMANDS, COMMAND_DURATION, VENUE_CALLS, VENUE_CALL_ERRORS, VENUE_CALL_DURATION,
    ORDER_CHANGES, FILLS, BALANCE_QUESTIONS, JOB_RUNS, JOB_DURATION, JOB_LATENESS, LOOP_LAG,
    WRITE_DURATION, WRITE_FAILURES,
)  # fmt: skip
"""Counted while they happen, by the instruments."""
READ: tuple[Family, ...] = (
    VENUE_RETRIES, VENUE_BUDGET_LEFT, STREAM_LIVE, STREAM_WANTED, STREAM_RECONNECTS,
    STREAM_FRAME_AGE, BREAKER_STATE, BREAKER_FAILURES, BALANCE_VERIFIED, BALANCE_AGE, ORDERS,
    TRADING_STATE, TRADING_ENABLED, JOB_FAILURES, JOB_PAUSED, JOB_LAST_RUN, PART_RUNNING,
    PART_RESTARTS, TELEGRAM_UP, DATABASE_QUEUE, DATABASE_SIZE, OUTBOX_WAITING, OUTBOX_AGE,
    BUILD_INFO, SOURCE_UP,
)  # fmt: skip
"""Read off the bot's own state when a scrape asks; they cost nothing in between."""
FAMILIES: tuple[Family, ...] = (*OBSERVED, *READ)
