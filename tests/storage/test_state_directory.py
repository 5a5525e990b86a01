"""One process owns a state directory; who comes second is told who was first."""

import os
import resource
from pathlib import Path

import pytest

from storage.errors import StateDirectoryLocked, StorageUnavailable
from storage.state_directory import StateDirectory
from tests.support.processes import running


def test_everything_lies_in_it_and_it_is_private(tmp_path: Path) -> None:
    state = StateDirectory(root=tmp_path / "deep" / "state")
    with state.lock():
        places = (state.nonces, state.backups, state.pictures)
        assert [place.stat().st_mode & 0o777 for place in (state.root, *places)] == [0o700] * 4
        files = (state.database, state.halt_file, state.control_socket)
        assert {place.parent for place in (*places, *files)} == {state.root}
        assert [file.name for file in files] == ["steelyard.db", "HALT", "control.sock"]


def test_one_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    root = tmp_path / "state"
    root.mkdir(mode=0o755)
    with StateDirectory(root=root).lock():
        assert root.stat().st_mode & 0o777 == 0o700


def test_the_second_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    state = StateDirectory(root=tmp_path)
    with state.lock():
        with pytest.raises(StateDirectoryLocked, match=f"process {os.getpid()}"):
            StateDirectory(root=tmp_path).lock().__enter__()
        assert state.owner() == str(os.getpid())
    assert state.owner() is None
    with state.lock():
        pass


def test_nobody_owns_what_is_not_there(tmp_path: Path) -> None:
    assert StateDirectory(root=tmp_path / "state").owner() is None
    assert not (tmp_path / "state").exists()


async def test_another_process_is_named_until_it_dies(tmp_path: Path) -> None:
    state = StateDirectory(root=tmp_path)
    async with running("-m", "tests.storage.worker", "own", tmp_path) as child:
        assert state.owner() == str(child.pid)
        with pytest.raises(StateDirectoryLocked, match=f"process {child.pid}"):
            state.lock().__enter__()
        await child.kill()
    assert state.owner() is None
    with state.lock():
        assert state.owner() == str(os.getpid())


def test_a_lock_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    root = tmp_path / "state"
    root.mkdir()
    (root / "lock").symlink_to(victim)
    with pytest.raises(StorageUnavailable, match="cannot be used"):
        StateDirectory(root=root).lock().__enter__()
    assert victim.read_text() == "precious"


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StorageUnavailable, match="Check state_dir"):
        StateDirectory(root=tmp_path / "state").lock().__enter__()


def test_on_a_full_disk_it_is_owned_all_the_same(tmp_path: Path) -> None:
    """Cancelling everything must not fail for want of a place to write a number."""
    state = StateDirectory(root=tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with state.lock():
            assert state.owner() == "unknown"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert state.owner() is None
