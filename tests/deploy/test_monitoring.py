"""The dashboard and the alerts speak of metrics, labels and commands that exist."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from handlers.telegram.commands.table import COMMANDS
from tests.support.promtool import promtool
from tests.support.shared import ROOT
from trading.metrics.catalogue import FAMILIES
from trading.metrics.families import Kind

DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS = (PROMETHEUS / "alerts.yml").read_text(encoding="utf-8")
RULE = re.compile(r"^      - alert: (\w+)\n((?:(?!      - alert:).*\n)*)", re.MULTILINE)
RULES = dict(RULE.findall(ALERTS))
OURS = {family.name: family for family in FAMILIES}
OF_THE_PROCESS = {
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_start_time_seconds",
}
OF_A_TARGET = {"job", "instance"}
SELECTOR = re.compile(r"\b((?:steelyard|process)_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\b(?:by|on) \(([^)]*)\)")


def expressions() -> Iterator[str]:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    yield from (each["expr"] for each in board["annotations"]["list"])
    for variable in board["templating"]["list"]:
        yield variable.get("definition", "")
    for body in RULES.values():
        yield body.split("expr:")[1].split("for:")[0].split("labels: {")[0]


def known(name: str) -> set[str]:
    """Return the labels of a metric that exists; those of a histogram are in three names."""
    if name in OF_THE_PROCESS:
        return set()
    plain = re.sub(r"_(bucket|sum|count)$", "", name)
    family = OURS.get(name) or OURS[plain]
    is_histogram = family.kind is Kind.HISTOGRAM
    assert (plain != name) == is_histogram, f"{name} is a {family.kind}"
    return {*family.labels, *(["le"] if name.endswith("_bucket") else [])}


def test_every_expression_names_only_metrics_and_labels_that_exist() -> None:
    seen = 0
    for expression in expressions():
        labels = set()
        for name, selector in SELECTOR.findall(expression):
            seen += 1
            labels |= known(name)
            used = set(re.findall(r"(\w+)(?:=~|!=|!~|=)", selector or ""))
            assert used <= known(name) | OF_A_TARGET, expression
        for group in GROUPED.findall(expression):
            used = {label.strip() for label in group.split(",")}
            assert used <= labels | OF_A_TARGET, expression
    assert seen > 60


def test_every_metric_is_on_the_dashboard_or_in_an_alert() -> None:
    named = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for expression in expressions()
        for name, _ in SELECTOR.findall(expression)
    }
    assert set(OURS) - named == set()


def test_the_panels_are_well_formed_and_do_not_overlap() -> None:
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("name", RULES)
def test_every_alert_says_what_to_do_and_is_tested(name: str) -> None:
    body = RULES[name]
    for key in ("summary:", "description:", "runbook:", "severity:"):
        assert key in body, key
    commands = re.findall(r"(?<![\w/])/([a-z]+)\b", body.split("annotations:")[1])
    assert set(commands) - set(COMMANDS) == set()
    assert f'alertname="{name}"' in (PROMETHEUS / "alerts.test.yml").read_text(encoding="utf-8")


def test_there_are_alerts() -> None:
    assert len(RULES) == ALERTS.count("- alert:") > 15


async def test_promtool_accepts_the_rules() -> None:
    said = await promtool("check", "rules", "alerts.yml", folder=PROMETHEUS)
    assert f"{len(RULES)} rules found" in said


async def test_the_alerts_fire_when_they_should_and_not_before() -> None:
    assert "SUCCESS" in await promtool("test", "rules", "alerts.test.yml", folder=PROMETHEUS)
