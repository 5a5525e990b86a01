"""What a reload says is in force is in force: every hot key reaches the part that uses it."""

from fnmatch import fnmatchcase
from pathlib import Path

from composition.jobs import job_schedules
from tests.composition.configurations import ALONE, PLAIN, configuration
from trading.config.reload import is_hot, plan_reload
from trading.config.sections import JobsSection


def test_every_job_that_may_change_is_one_that_can_be_rescheduled(tmp_path: Path) -> None:
    scheduled = set(job_schedules(configuration(tmp_path, ALONE)))
    hot = {name for name in JobsSection.model_fields if is_hot(f"jobs.{name}")}
    of_the_board = {name for name in scheduled if not fnmatchcase(name, "rebalance_*")}
    assert hot == of_the_board | {"reconcile", "referee"}, "these two keep their own time"


def test_a_schedule_that_changes_is_the_schedule_of_its_job(tmp_path: Path) -> None:
    old = configuration(tmp_path)
    new = configuration(tmp_path, PLAIN.replace('schedule = "30s"', 'schedule = "45s"'))
    planned = plan_reload(old, new)
    assert planned.applied == ("rebalance.schedule",)
    before, after = job_schedules(old), job_schedules(planned.in_force)
    changed = {name for name in after if before[name] != after[name]}
    assert changed == {"rebalance_kraken"}, "the other venue has a schedule of its own"


def test_what_waits_for_a_restart_changes_no_wish(tmp_path: Path) -> None:
    old = configuration(tmp_path)
    text = PLAIN.replace("order_buffer = 0.05", "order_buffer = 0.06")
    planned = plan_reload(old, configuration(tmp_path, text))
    assert planned.restart_needed == ("risk.order_buffer",)
    assert planned.in_force == old


def test_targets_that_come_by_a_reload_find_their_job(tmp_path: Path) -> None:
    """And targets that go leave nothing that rings."""
    bare = without_targets(PLAIN)
    before = configuration(tmp_path, bare)
    after = plan_reload(before, configuration(tmp_path)).in_force
    assert set(before.allocation) == set()
    assert job_schedules(before)["rebalance_kraken"] is None
    assert str(job_schedules(after)["rebalance_kraken"]) == "30s"
    gone = plan_reload(after, before).in_force
    assert job_schedules(gone) == job_schedules(before)


def without_targets(text: str) -> str:
    """Leave out every [allocation] table and what only makes sense beside one."""
    kept, is_allocation = [], False
    for line in text.splitlines():
        if line.startswith("["):
            is_allocation = line.startswith("[allocation")
        kept += [] if is_allocation else [line]
    return "\n".join(kept)
