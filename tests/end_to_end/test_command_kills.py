"""SIGKILL of the whole bot while commands arrive: each answered once, or answered why not."""

import random
from collections import Counter
from pathlib import Path

from tests.support.local_telegram import OWNER
from tests.support.running_bot import running_bot
from trading.clock import SystemClock

KILLS = 4
COMMANDS_A_KILL = 5


async def test_every_command_is_answered_once_over_kills(tmp_path: Path) -> None:
    dice, clock = random.Random(7), SystemClock()
    async with running_bot(tmp_path) as bot:
        names = []
        for kill in range(KILLS):
            for number in range(COMMANDS_A_KILL):
                names.append(f"/nothing{kill}x{number}")
                await bot.telegram.say(OWNER, names[-1])
                await clock.sleep(dice.uniform(0.0, 0.03))
            await bot.kill()
            await bot.launch()  # no waiting: the next kill may strike while it opens
            await clock.sleep(dice.uniform(0.3, 1.5))
        await bot.stop()
        await bot.start()
        await bot.settled()
        texts = [each.text for each in await bot.telegram.transcript(OWNER)]
        answers = Counter({name: _count(texts, f"There is no command {name}.") for name in names})
        reports = Counter({name: _count(texts, f"Interrupted. {name} was") for name in names})
        assert {name: times for name, times in answers.items() if times > 1} == {}
        assert [name for name in names if not answers[name] and not reports[name]] == []
        assert sum(answers.values()) > len(names) // 2


def _count(texts: list[str], words: str) -> int:
    return sum(words in text for text in texts)
