"""The process around the bot: lock, logs, secrets kept out of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from composition.ground import Ground
from composition.metrics import build_meter
from composition.running import Process, run_bot
from handlers.pictures.painter import ChildPainter
from handlers.process.commands import Run
from handlers.process.exit_codes import ExitCode
from handlers.process.log_ring import LogRing
from handlers.process.logs import Logs, LogStyle
from handlers.process.redaction import Redactor
from handlers.process.signals import ProcessSignals
from storage.state_directory import StateDirectory
from trading.clock import SystemClock
from trading.config.configuration import Configuration
from trading.config.description import secrets

RunInLoop = Callable[[Coroutine[Any, Any, None]], None]


def run_process(command: Run, configuration: Configuration, in_loop: RunInLoop) -> ExitCode:
    """Lock the state directory, log, and run the bot until it is stopped."""
    state = StateDirectory(root=configuration.bot.state_dir)
    ring, redactor = LogRing(), Redactor(secrets(configuration))
    logs = Logs(
        level=configuration.bot.log_level,
        redactor=redactor,
        ring=ring,
        style=LogStyle.fit_for(sys.stderr, os.environ),
        timezone=configuration.bot.timezone,
    )
    clock = SystemClock()
    ground = Ground(
        configuration=configuration,
        state=state,
        clock=clock,
        meter=build_meter(configuration, clock),
        painter=ChildPainter(
            directory=state.pictures,
            python=sys.executable,
            zone=configuration.bot.timezone,
        ),
    )
    process = Process(
        config_path=command.config,
        is_pairing=command.is_pairing,
        logs=logs,
        ring=ring,
        redactor=redactor,
        signals=ProcessSignals(),
    )
    with state.lock(), logs:
        in_loop(run_bot(ground, process))
    return ExitCode.DONE
