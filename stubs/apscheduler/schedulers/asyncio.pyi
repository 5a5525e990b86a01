from collections.abc import Mapping
from datetime import tzinfo
from logging import Logger
from typing import Any

from apscheduler.schedulers.base import BaseScheduler

class AsyncIOScheduler(BaseScheduler):
    def __init__(
        self,
        gconfig: Mapping[str, Any] = ...,
        *,
        timezone: tzinfo | str | None = None,
        job_defaults: Mapping[str, Any] | None = None,
        logger: Logger | str | None = None,
    ) -> None: ...
