"""The tables that say how the bot runs: who owns it, whom it tells, how careful it is."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator, model_validator

from trading.config.secret import Secret
from trading.config.values import (
    AssetCode,
    Duration,
    LocalPath,
    Quiet,
    SecretText,
    Section,
    Timezone,
    Url,
    UserIds,
    surroundings,
)
from trading.model.identifiers import Asset

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{3,}")
_SECOND = timedelta(seconds=1)


class BotSection(Section):
    """The bot itself."""

    state_dir: LocalPath = Field(
        default=Path("state"),
        description="Folder of the database, the lock, backups and HALT; made with mode 0700. "
        "A relative path starts at the configuration file.",
        validate_default=True,
    )
    mode: Literal["paper", "live"] = Field(
        default="paper",
        description="live: orders go to the venues. paper: real prices, and an account that "
        "exists on this machine alone; no key is used, and every answer says PAPER.",
    )
    live_confirmed: bool = Field(
        default=False, description="The second switch: live mode starts only with true here."
    )
    trading_enabled: bool = Field(
        default=True,
        description="false refuses everything that trades, closing included, whatever the chat "
        "says.",
    )
    base_currency: AssetCode = Field(
        default=Asset("USD"), description="Currency of totals, and of every venue that names none."
    )
    on_shutdown: Literal["keep", "close"] = Field(
        default="keep",
        description="What happens to positions when the bot is stopped. close cancels all orders "
        "and sells everything into the base currency, at SIGTERM and SIGINT only: a restart sells "
        "too, a crash and a reload never do.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged."
    )
    timezone: Timezone = Field(
        default=ZoneInfo("UTC"), description="Yours, for schedules, quiet hours and shown times."
    )

    @field_validator("live_confirmed")
    @classmethod
    def _live_is_said_twice(cls, confirmed: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic calls it
        if info.data.get("mode") == "live" and not confirmed:
            message = 'is false while mode = "live"; set it to true to trade with real money'
            raise ValueError(message)
        return confirmed


class NotifyTable(Section):
    """Which messages come unasked; halts, incidents and unknown orders always do."""

    fills: bool = Field(default=True, description="Every fill, with its price and fee.")
    orders: bool = Field(
        default=True, description="Orders that end without filling, and orders of others."
    )
    venue_trouble: bool = Field(
        default=True,
        description="Breakers that open and close, streams that stay down, and times when a "
        "venue takes no orders.",
    )


class TelegramSection(Section):
    """The chat. Without this table the bot trades on, and listens to the command line alone."""

    token: SecretText = Field(description="The bot's token, from @BotFather.")
    api_url: Url = Field(
        default="https://api.telegram.org", description="Where the Bot API is served."
    )
    owners: UserIds = Field(
        default=(), description="Numeric user ids that may do everything.", validate_default=True
    )
    viewers: UserIds = Field(default=(), description="Numeric user ids that may only read.")
    chat_id: int | None = Field(
        default=None,
        description="Group in which the bot also listens, and where its messages go. Without it "
        "they go to the first owner.",
    )
    thread_id: int | None = Field(default=None, description="Topic of that group.")
    quiet_hours: Quiet = Field(
        default=None,
        description='Hours without sound, such as "22:00-07:00", or "off". Halts and open '
        "questions are heard all the same.",
    )
    notify: NotifyTable = Field(default=NotifyTable(), description="Which messages come unasked.")
    max_command_age: Duration = Field(
        default=timedelta(minutes=5),
        ge=_SECOND,
        description="Older commands are answered, not run; halting ones are never too old.",
    )
    confirm_within: Duration = Field(
        default=timedelta(minutes=2),
        ge=_SECOND,
        le=timedelta(minutes=15),
        description="How long the button under a plan counts; then what holds is shown anew.",
    )

    @field_validator("token")
    @classmethod
    def _token_has_its_shape(cls, token: Secret) -> Secret:
        if not token.is_absent and not _TOKEN.fullmatch(token.reveal()):
            message = "is not a bot token; @BotFather shows it as digits, a colon and letters"
            raise ValueError(message)
        return token

    @field_validator("owners")
    @classmethod
    def _somebody_owns_the_bot(
        cls, owners: tuple[int, ...], info: ValidationInfo
    ) -> tuple[int, ...]:
        if not owners and not surroundings(info).is_pairing:
            message = (
                "is empty, so nobody could command the bot; put your numeric id in it "
                "(start with: .venv/bin/python bot.py run --pair, and send /id to the bot)"
            )
            raise ValueError(message)
        return owners

    @model_validator(mode="after")
    def _a_topic_needs_its_group(self) -> Self:
        if self.thread_id is not None and self.chat_id is None:
            message = "thread_id is a topic of a group: set chat_id too"
            raise ValueError(message)
        return self


class JobsSection(Section):
    """How often the bot does things by itself."""

    trading_loop: Duration = Field(
        default=timedelta(seconds=60), ge=_SECOND, description="A look at every venue's drift."
    )
    balance_sync: Duration = Field(
        default=timedelta(seconds=20), ge=_SECOND, description="Balances asked for anew."
    )
    referee: Duration = Field(
        default=timedelta(minutes=4),
        ge=timedelta(seconds=10),
        lt=timedelta(minutes=5),
        description="Balances asked for anew while the venue streams them: a live stream proves "
        "nothing without an answer of the last five minutes.",
    )
    price_scan: Duration = Field(
        default=timedelta(seconds=60), ge=_SECOND, description="Prices of what is held."
    )
    candles: Duration = Field(
        default=timedelta(minutes=5),
        ge=_SECOND,
        description="Gaps filled in the candles of what is held and of what was looked at.",
    )
    reconcile: Duration = Field(
        default=timedelta(minutes=2),
        ge=_SECOND,
        description="Orders and fills compared with the venues.",
    )
    heartbeat: Duration = Field(
        default=timedelta(seconds=60), ge=_SECOND, description="A line in the log: still here."
    )
    cleanup: Duration = Field(
        default=timedelta(days=1),
        ge=timedelta(minutes=1),
        description="Old rows removed, a backup made.",
    )
