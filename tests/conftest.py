"""Options and fixtures that every test may use."""

from pathlib import Path

import pytest

_UNMEASURED = ("architecture", "bench", "clients", "contracts", "docs", "end_to_end", "simulators")
"""What these reach of the bot is measured by the tests beside it: being traced here too would
cost minutes and say nothing more."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in _UNMEASURED:
            item.add_marker(pytest.mark.no_cover)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--soak-rounds",
        type=int,
        default=25,
        help="how many times the soak tests kill and restart (default: 25)",
    )


@pytest.fixture
def soak_rounds(request: pytest.FixtureRequest) -> int:
    """How many kills a soak test should make."""
    rounds = request.config.getoption("--soak-rounds")
    if not isinstance(rounds, int):
        message = f"--soak-rounds is a number, was {rounds!r}"
        raise TypeError(message)
    return rounds
