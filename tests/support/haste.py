"""Deadlines that a test shortens for the one call that is to hang.

Whole tests under deadlines of half a second fail on a machine that stalls for one.
"""


def hasten(settings: object, **seconds: float) -> None:
    """Change deadlines of frozen settings in force; calls that began before keep theirs."""
    for name, value in seconds.items():
        getattr(settings, name)  # a name that is misspelt must not go unheeded
        object.__setattr__(settings, name, value)
