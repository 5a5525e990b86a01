from collections.abc import Callable
from datetime import datetime
from typing import Any

from apscheduler.triggers.base import BaseTrigger

class Job:
    id: str
    name: str
    func: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    coalesce: bool
    trigger: BaseTrigger
    executor: str
    misfire_grace_time: int | None
    max_instances: int
    # None while the job is paused; absent until the scheduler has started.
    next_run_time: datetime | None
    def modify(self, **changes: Any) -> Job: ...
    def reschedule(self, trigger: BaseTrigger) -> Job: ...
    def pause(self) -> Job: ...
    def resume(self) -> Job: ...
    def remove(self) -> None: ...
