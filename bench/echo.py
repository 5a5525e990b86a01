"""The least a bot on the same library can do: `python -m bench.echo API_URL TOKEN` echoes."""

import sys
from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder, MessageHandler, filters


async def echo(update: Update, context: Any) -> None:
    """Answer with the same text."""
    del context
    if update.message is not None and update.message.text is not None:
        await update.message.reply_text(update.message.text)


def main(arguments: Sequence[str]) -> None:
    """Run until a signal asks to stop."""
    api_url, token = arguments
    application = ApplicationBuilder().token(token).base_url(f"{api_url}/bot").build()
    application.add_handler(MessageHandler(filters.ALL, echo))
    application.run_polling()


if __name__ == "__main__":
    main(sys.argv[1:])
