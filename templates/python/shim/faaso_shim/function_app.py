"""Serves ``handler(event, context)`` in all its shapes as an ASGI app."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from .answer import answer_of
from .asgi import Receive, Scope, Send, read_body
from .client import cancelled_without
from .context import Context, context_of
from .event import NotJson, event_of
from .problems import send_problem
from .sending import send_answer

Handler = Callable[[Any, Context], Any]


class FunctionApp:
    """One handler; a blocking one runs on the thread pool, an async one on the event loop."""

    def __init__(self, handler: Handler, blocking: bool) -> None:
        self._handler = handler
        self._blocking = blocking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            return
        context = context_of(scope, body)
        try:
            event = event_of(context)
        except NotJson as error:
            await send_problem(
                send, 400, "Bad Request", code="invalid-json", detail=f"The body is not valid JSON: {error}"
            )
            return
        with cancelled_without(receive) as client:
            answer = answer_of(await self._call(event, context))
            await send_answer(send, answer, scope["method"], client)

    async def _call(self, event: Any, context: Context) -> Any:
        if self._blocking:
            result = await asyncio.to_thread(self._handler, event, context)
        else:
            result = self._handler(event, context)
        # A decorator may hide that the function behind it is async.
        return await result if inspect.isawaitable(result) else result
