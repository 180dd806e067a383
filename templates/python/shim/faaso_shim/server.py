"""Runs a form on uvicorn: one process, one event loop, a thread pool for code that blocks."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from uvloop import new_event_loop

from .forms import Form
from .guard import Guard

__all__ = ["new_event_loop", "serve"]

# Longer than any proxy in front keeps an idle connection, so that it is the
# proxy that closes and no request meets a connection being closed.
_KEEP_ALIVE_SECONDS = 620


async def serve(form: Form, port: int, threads: int) -> None:
    """Serves until SIGTERM, then finishes what is in flight."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, "function"))
    logging.getLogger("uvicorn.error").addFilter(_is_not_about_a_request)
    config = uvicorn.Config(
        Guard(form.app),
        host="0.0.0.0",
        port=port,
        loop="none",
        http="httptools",
        ws="websockets-sansio" if form.is_asgi else "none",
        lifespan="auto" if form.is_asgi else "off",
        interface="asgi3",
        proxy_headers=form.is_asgi,
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    await uvicorn.Server(config).serve()


def _is_not_about_a_request(record: logging.LogRecord) -> bool:
    # Guard has logged it already, with the request's id.
    return not record.getMessage().startswith(("Exception in ASGI application", "ASGI callable"))
