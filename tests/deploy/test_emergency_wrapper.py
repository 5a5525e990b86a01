"""The wrapper for systemd: which command it runs, and with whose secrets.

The two programs of systemd are small scripts here that answer as the real ones do and write down
what they were asked.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.shared import ROOT

WRAPPER = ROOT / "deploy" / "systemd" / "steelyard-emergency"
UNIT = """\
# /etc/systemd/system/steelyard.service
[Service]
Type=notify
ExecStart=/opt/steelyard/python /opt/steelyard/bot.py run --config /etc/steelyard/config.toml
User=steelyard
StateDirectory=steelyard
LoadCredential=kraken-key:/etc/steelyard/kraken key
Restart=on-failure

# /etc/systemd/system/steelyard.service.d/more.conf
[Service]
LoadCredentialEncrypted=kraken-secret:/etc/steelyard/kraken-secret
"""
NOTE = """\
#!{python}
import json, sys
print(json.dumps(sys.argv))
"""
SYSTEMCTL = """\
#!/bin/sh
case "$1" in
    show) echo "{{ path={python} ; argv[]={command} ; ignore_errors=no ; pid=0 }}" ;;
    is-active) exit {inactive} ;;
    cat) cat "{unit}" ;;
esac
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A folder of programs that stands in front of the real ones."""

    programs: Path
    python: str

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", WRAPPER, *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={"PATH": f"{self.programs}:/usr/bin:/bin"},
        )


def machine(folder: Path, *, is_active: bool, command: str | None = None) -> Machine:
    program = folder / "program"
    for name in ("program", "systemd-run"):
        _executable(folder / name, NOTE.format(python="/usr/bin/env python3"))
    (folder / "unit").write_text(UNIT)
    command = command or f"{program} bot.py run --pair --config /etc/steelyard/config.toml"
    script = SYSTEMCTL.format(
        python=program, command=command, inactive=int(not is_active), unit=folder / "unit"
    )
    _executable(folder / "systemctl", script)
    return Machine(programs=folder, python=str(program))


def _executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_beside_the_running_bot_no_secret_is_asked_for(tmp_path: Path) -> None:
    made = machine(tmp_path, is_active=True)
    done = made.run("close-all", "kraken", "--yes")
    assert json.loads(done.stdout) == [
        made.python, "bot.py", "emergency", "close-all", "kraken", "--yes",
        "--config", "/etc/steelyard/config.toml",
    ]  # fmt: skip


def test_without_it_a_unit_of_its_own_gets_the_secrets_and_the_user(tmp_path: Path) -> None:
    made = machine(tmp_path, is_active=False)
    done = made.run("verify", "BTC", "0.5")
    asked = json.loads(done.stdout)
    assert Path(asked[0]).name == "systemd-run"
    end = asked.index("--")
    assert asked[end + 1 :] == [
        made.python, "bot.py", "emergency", "verify", "BTC", "0.5",
        "--config", "/etc/steelyard/config.toml",
    ]  # fmt: skip
    assert {"--pipe", "--wait", "--collect"} <= set(asked[:end])
    assert [word for word in asked[:end] if word.startswith("--property=")] == [
        "--property=User=steelyard",
        "--property=StateDirectory=steelyard",
        "--property=LoadCredential=kraken-key:/etc/steelyard/kraken key",
        "--property=LoadCredentialEncrypted=kraken-secret:/etc/steelyard/kraken-secret",
    ]


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        (None, (), "say what to do"),
        ("/usr/bin/sleep 10", ("repair",), "starts no 'bot.py run'"),
        ("/opt/python bot.py run", ("repair",), "names no --config"),
    ],
    ids=["no words", "another unit", "no configuration"],
)
def test_what_it_cannot_do_it_says_with_code_2(
    tmp_path: Path, command: str | None, words: tuple[str, ...], said: str
) -> None:
    done = machine(tmp_path, is_active=False, command=command).run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
