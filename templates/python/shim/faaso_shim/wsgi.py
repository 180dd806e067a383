"""Serves a WSGI app (Flask, Django …) from the thread pool of the ASGI server (PEP 3333)."""

import asyncio
import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from .asgi import Message, Receive, Scope, Send
from .client import Client, cancelled_without
from .context import joined_headers

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiBridge:
    """An ASGI app around a WSGI one; each request keeps one thread from start to close."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        first = await receive()
        if first["type"] == "http.disconnect":
            return
        loop = asyncio.get_running_loop()
        upload = _Upload(first, receive, loop)
        with cancelled_without(upload.message_after) as client:
            environ = _environ(scope, io.BufferedReader(upload))
            await asyncio.to_thread(_Request(send, loop, client).run, self._app, environ)


class _Request:
    """The server's side of one WSGI call, on a pool thread."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop, client: Client) -> None:
        self._send = send
        self._loop = loop
        self._client = client
        self._head: Message | None = None
        self._sent_head = False

    def run(self, app: WsgiApp, environ: dict[str, Any]) -> None:
        chunks = app(environ, self._start_response)
        try:
            for chunk in chunks:
                if self._client.gone:
                    return
                self._write(chunk)
            self._emit(b"", more_body=False)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if exc_info and self._sent_head:
            raise exc_info[1].with_traceback(exc_info[2])
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._head = {"type": "http.response.start", "status": int(status[:3]), "headers": lines}
        return self._write

    def _write(self, chunk: bytes) -> None:
        if chunk:  # an empty one must not start the answer (PEP 3333)
            self._emit(chunk, more_body=True)

    def _emit(self, data: bytes, more_body: bool) -> None:
        """Head and chunk in one hop to the event loop; waits for a slow client."""
        asyncio.run_coroutine_threadsafe(self._send_on_loop(data, more_body), self._loop).result()

    async def _send_on_loop(self, data: bytes, more_body: bool) -> None:
        if not self._sent_head:
            if self._head is None:
                raise RuntimeError("the WSGI app did not call start_response")
            self._sent_head = True
            await self._send(self._head)
        await self._send({"type": "http.response.body", "body": data, "more_body": more_body})


class _Upload(io.RawIOBase):
    """A request body that is still arriving; a lost client is an error, not its end."""

    def __init__(self, first: Message, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._complete = asyncio.Event()
        self._chunk = memoryview(b"")
        self._take(first)

    async def message_after(self) -> Message:
        """The first message that is no longer part of the upload."""
        await self._complete.wait()
        return await self._receive()

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any, /) -> int:
        """Called on the request's thread; an empty read is the end."""
        while not self._chunk and not self._complete.is_set():
            asyncio.run_coroutine_threadsafe(self._receive_more(), self._loop).result()
        size = min(len(target), len(self._chunk))
        target[:size] = self._chunk[:size]
        self._chunk = self._chunk[size:]
        return size

    async def _receive_more(self) -> None:
        self._take(await self._receive())

    def _take(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the client went away during its upload")
        self._chunk = memoryview(message.get("body", b""))
        if not message.get("more_body", False):
            self._complete.set()


def _environ(scope: Scope, body: io.BufferedIOBase) -> dict[str, Any]:
    host, port = scope.get("server") or ("localhost", 3000)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    # A name with an underscore would pass for the one with dashes, which a
    # proxy in front may have set or removed.
    for name, value in joined_headers(scope["headers"]).items():
        if "_" not in name:
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in environ:
            environ[name] = environ.pop(f"HTTP_{name}")
    return environ
