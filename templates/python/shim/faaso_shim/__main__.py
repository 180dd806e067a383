"""Loads the function in the current folder and serves it on ``$PORT`` until SIGTERM."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import FrameType

# Before the function's folder joins the path: a module of the user's called
# json.py or uvicorn.py must not be taken for the real one.
from . import forms, loader, server


def leave(_signal: int, _frame: FrameType | None) -> None:
    """Ends the process with 0.

    Python as PID 1 has no default action for SIGTERM, so an import that takes
    long would otherwise hold up every stop until the engine kills it. Once
    the server runs, it takes the signal over, drains, and raises it again.
    """
    sys.exit(0)


def main() -> None:
    """Finds out what the function is, says so in one line, and serves it."""
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    form = forms.find(loader.load_handler(Path.cwd()))
    port = int(os.environ.get("PORT", "3000"))
    print(f"faaso: serving {form.name} from handler.py on port {port}", file=sys.stderr)
    with asyncio.Runner(loop_factory=server.new_event_loop) as runner:
        runner.run(server.serve(form, port, threads=int(os.environ.get("FAASO_THREADS", "32"))))


main()
