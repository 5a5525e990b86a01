"""Where recorded data lies when it is at hand: a folder named shared beside the project."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


def shared(*parts: str) -> Path:
    """Return the path of recorded data, or skip the test that needs it, saying why."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"recorded data is absent: shared/{'/'.join(parts)}")
    return path
