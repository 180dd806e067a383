"""Stands before every form: answers the health path and reports what a function lets fall."""

import re
import uuid

from .asgi import App, Message, Receive, Scope, Send
from .problems import log_failure, send_failure

HEALTH_PATH = b"/_faaso/health"

_HEALTHY = b'{"status":"ok"}'
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class Guard:
    """The outermost ASGI app."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["raw_path"] == HEALTH_PATH:
            await _answer_health(send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        request_id = scope["faaso.request_id"] = _request_id(scope)
        try:
            await self._app(scope, receive, watched_send)
        except (Exception, SystemExit) as error:  # sys.exit() in a handler must not end the server
            log_failure(error, f"{request_id} {scope['method']} {scope['raw_path'].decode('latin-1')}")
            # Once an answer has begun, returning without its end makes the
            # server break the connection off: never a clean end.
            if not started:
                await send_failure(send, error, request_id)


def _request_id(scope: Scope) -> str:
    """The caller's id when it is safe to log, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return str(uuid.uuid4())


async def _answer_health(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_HEALTHY))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _HEALTHY})
