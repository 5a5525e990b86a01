"""Options and fixtures that every test may use."""

import pytest


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
