"""Whether the client still waits for its answer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from .asgi import Receive

# Most requests are over before this, so that watching costs them nothing.
_WATCH_AFTER_SECONDS = 0.02


class Client:
    """The one who waits; ``gone`` may be read from any thread."""

    def __init__(self) -> None:
        self.gone = False


@contextmanager
def cancelled_without(receive: Receive) -> Iterator[Client]:
    """Cancels the current task when the client goes away, and ends the block quietly then.

    To be entered once the request body has been read: from then on the
    server's only message is the disconnect.
    """
    loop = asyncio.get_running_loop()
    request = asyncio.current_task()
    assert request is not None  # a request is always a task of the server's
    client = Client()
    watcher: asyncio.Task[None] | None = None

    async def watch() -> None:
        await receive()
        client.gone = True
        request.cancel()

    def start() -> None:
        nonlocal watcher
        watcher = loop.create_task(watch())

    timer = loop.call_later(_WATCH_AFTER_SECONDS, start)
    try:
        yield client
    except asyncio.CancelledError:
        if not client.gone:
            raise
    finally:
        timer.cancel()
        if watcher:
            watcher.cancel()
