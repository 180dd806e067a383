"""Sends an answer; streams go out chunk by chunk, at the pace of the client."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from .answer import Answer, HeaderLines, chunk_bytes
from .asgi import Send
from .client import Client


async def send_answer(send: Send, answer: Answer, method: str, client: Client) -> None:
    """Sends all of it; raises what a stream raises."""
    if isinstance(answer.body, bytes):
        await _send_whole(send, answer, answer.body)
        return
    stream = _Stream(send, answer)
    if method == "HEAD":
        await _close(answer.body)
    elif isinstance(answer.body, AsyncIterator):
        await _send_async(stream, answer.body)
    else:
        await asyncio.to_thread(_send_blocking, stream, answer.body, asyncio.get_running_loop(), client)
    await stream.end()


async def _send_whole(send: Send, answer: Answer, body: bytes) -> None:
    headers = _with_type(answer.headers, answer.content_type)
    if answer.status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Stream:
    """Starts the answer with the first chunk, so that a failure before it is still a 500."""

    def __init__(self, send: Send, answer: Answer) -> None:
        self._send = send
        self._answer = answer
        self._started = False

    async def chunk(self, value: Any) -> None:
        data, content_type = chunk_bytes(value)
        await self._start(content_type)
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        await self._start(None)
        await self._send({"type": "http.response.body", "body": b""})

    async def _start(self, content_type: str | None) -> None:
        if self._started:
            return
        self._started = True
        headers = self._answer.headers
        if not any(name == b"content-type" for name, _ in headers):
            headers = _with_type(headers, content_type)
        await self._send({"type": "http.response.start", "status": self._answer.status, "headers": headers})


async def _send_async(stream: _Stream, chunks: AsyncIterator[Any]) -> None:
    try:
        async for chunk in chunks:
            await stream.chunk(chunk)
    finally:
        await _close(chunks)


def _send_blocking(
    stream: _Stream, chunks: Iterator[Any], loop: asyncio.AbstractEventLoop, client: Client
) -> None:
    """Runs on a pool thread from first to last chunk, as code that blocks may keep things per thread."""
    try:
        for chunk in chunks:
            if client.gone:
                return
            asyncio.run_coroutine_threadsafe(stream.chunk(chunk), loop).result()
    finally:
        if hasattr(chunks, "close"):
            chunks.close()


async def _close(chunks: Iterator[Any] | AsyncIterator[Any]) -> None:
    if hasattr(chunks, "aclose"):
        await chunks.aclose()
    elif hasattr(chunks, "close"):
        chunks.close()


def _with_type(headers: HeaderLines, content_type: str | None) -> HeaderLines:
    return [*headers, (b"content-type", content_type.encode())] if content_type else list(headers)
