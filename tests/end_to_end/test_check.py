"""`bot.py check` and wrong configurations: exit codes, and a line for each thing."""

from pathlib import Path

from tests.support.running_bot import running_bot, write_config


async def test_check_tells_good_from_bad_and_from_wrong(tmp_path: Path) -> None:
    async with running_bot(tmp_path, started=False) as bot:
        well = await bot.command("check")
        assert well.returncode == 0, well.said()
        assert "PROBLEM" not in well.said()
        assert sum("kraken" in line for line in well.lines) >= 3
        assert any("elegram" in line for line in well.lines)

        await bot.kraken.stop()
        down = await bot.command("check")
        assert down.returncode == 1
        (told,) = (line for line in down.lines if "PROBLEM" in line and "kraken" in line)
        assert "reach, clock, targets, key, balances" in told, "once, not once for each check"
        assert "Traceback" not in down.said()

        good = bot.config.read_text()
        wrong = good.replace("BTC = 0.40", "BTC = 1.40").replace("viewers", "viewerz")
        write_config(bot.config, wrong)
        for command in ("check", "run", "status"):
            invalid = await bot.command(command)
            assert invalid.returncode == 2, invalid.said()
            named = [line for line in invalid.errors if "config.toml" in line]
            assert any("viewerz" in line and "viewers" in line for line in named), named
            assert any("targets" in line for line in named), named

        write_config(bot.config, good)
        bot.config.chmod(0o644)
        unsafe = await bot.command("check")
        assert unsafe.returncode == 2
        assert "600" in unsafe.said()
