"""A secret that does not show itself, and the four ways to write one down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trading.errors import ConfigurationError

_SOURCES = ("env", "file", "credential")
_HOW = 'write it as text, { env = "NAME" }, { file = "PATH" } or { credential = "NAME" }'


class Secret:
    """Text that only `reveal` shows; logs, tracebacks and descriptions get asterisks."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Keep the value; it is never empty."""
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one place that needs it."""
        return self._value

    @property
    def is_absent(self) -> bool:
        """True for one that could not be read and was not needed."""
        return isinstance(self, AbsentSecret)

    def __repr__(self) -> str:
        """Hide the value."""
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare values, to tell whether a reload changed it."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Hash by value, as equality does."""
        return hash(self._value)


class AbsentSecret(Secret):
    """One that cannot be read here, for work that needs none; `reveal` says why it is absent."""

    __slots__ = ()

    def reveal(self) -> str:
        """Refuse: whoever asks needed it after all."""
        raise ConfigurationError((self._value,))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSources:
    """Where secrets may come from; `exposed` says why text in the file itself is not safe."""

    environment: Mapping[str, str]
    folder: Path
    exposed: str | None
    are_needed: bool = True
    """False: one that cannot be read is absent, and no error."""


def resolve(written: object, sources: SecretSources) -> Secret:
    """Return the secret that the configuration names; ValueError says what to do, never the value.

    Credentials are the files that systemd puts under $CREDENTIALS_DIRECTORY.
    """
    try:
        return _resolve(written, sources)
    except ValueError as error:
        if sources.are_needed:
            raise
        return AbsentSecret(str(error))


def _resolve(written: object, sources: SecretSources) -> Secret:
    match written:
        case Secret():
            return written
        case str():
            if sources.exposed is not None:
                raise ValueError(sources.exposed)
            return _not_empty(written, "it is empty")
        case {"env": str(name), **rest} if not rest:
            value = sources.environment.get(name, "")
            return _not_empty(value, f"the environment variable {name} is not set or empty")
        case {"file": str(name), **rest} if not rest:
            path = sources.folder / Path(name).expanduser()
            return _from_file(path, must_be_private=True)
        case {"credential": str(name), **rest} if not rest:
            return _from_credential(name, sources)
        case dict() if len(written) == 1 and next(iter(written)) not in _SOURCES:
            message = f"{next(iter(written))!r} is no place for a secret; {_HOW}"
            raise ValueError(message)
        case _:
            raise ValueError(_HOW)


def exposure(path: Path) -> str | None:
    """Say why a file with secrets is not safe, or return None when only its owner reads it."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077 == 0:
        return None
    return (
        f"a secret is written in {path.name}, which others may read (mode {mode:04o}); "
        f"run: chmod 600 {path}"
    )


def _from_credential(name: str, sources: SecretSources) -> Secret:
    folder = sources.environment.get("CREDENTIALS_DIRECTORY")
    if not folder:
        message = (
            f"credential {name!r} needs $CREDENTIALS_DIRECTORY, which systemd sets for a unit "
            "with LoadCredential="
        )
        raise ValueError(message)
    if "/" in name or name.startswith("."):
        message = f"credential {name!r} is a plain name, not a path"
        raise ValueError(message)
    return _from_file(Path(folder) / name, must_be_private=False)


def _from_file(path: Path, *, must_be_private: bool) -> Secret:
    try:
        exposed = exposure(path) if must_be_private else None
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        message = f"the file {path} cannot be read: {reason}"
        raise ValueError(message) from None
    if exposed is not None:
        raise ValueError(exposed)
    return _not_empty(text, f"the file {path} is empty")


def _not_empty(value: str, otherwise: str) -> Secret:
    if not value.strip():
        raise ValueError(otherwise)
    return Secret(value.strip())
