"""What a handler returned, as an HTTP answer; the table is in templates/README.md."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"

HeaderLines = list[tuple[bytes, bytes]]
Stream = Iterator[Any] | AsyncIterator[Any]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = frozenset({"content-length", "transfer-encoding"})


class BadAnswer(Exception):
    """The handler returned something that cannot be sent; the message says what."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers, with either all of the body or the stream that makes it."""

    status: int
    headers: HeaderLines
    body: bytes | Stream
    content_type: str | None
    """The default for this body; a stream's is known with its first chunk."""


def answer_of(value: Any) -> Answer:
    """The answer for what a handler returned."""
    if isinstance(value, Mapping) and "statusCode" in value:
        return _exact(value)
    if value is None:
        return Answer(204, [], b"", None)
    body, content_type = _encode(value)
    return Answer(200, [], body, content_type)


def chunk_bytes(chunk: Any) -> tuple[bytes, str]:
    """One chunk of a stream, and the content type that a stream of such chunks has."""
    if isinstance(chunk, str):
        return chunk.encode(), TEXT
    if isinstance(chunk, bytes | bytearray | memoryview):
        return bytes(chunk), BYTES
    raise BadAnswer(f"a stream yields str or bytes, not {type(chunk).__name__}")


def _exact(value: Mapping[str, Any]) -> Answer:
    status = value["statusCode"]
    if type(status) is not int or not 200 <= status <= 599:
        raise BadAnswer(f"statusCode must be an integer from 200 to 599, not {status!r}")
    headers = _header_lines(value.get("headers") or {})
    if value.get("body") is None or status in (204, 304):
        return Answer(status, headers, b"", None)
    body, content_type = _encode(value["body"])
    if any(name == b"content-type" for name, _ in headers):
        content_type = None
    return Answer(status, headers, body, content_type)


def _header_lines(headers: Mapping[str, Any]) -> HeaderLines:
    lines: HeaderLines = []
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise BadAnswer(f"{name!r} is not a header name")
        if name.lower() in _FRAMING:  # the server's to say: it knows what it sends
            continue
        for one in value if isinstance(value, list | tuple) else (value,):
            lines.append((name.lower().encode(), _header_value(name, one)))
    return lines


def _header_value(name: str, value: Any) -> bytes:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadAnswer(
            f"header {name} must be a string, a number or a list of them, not {type(value).__name__}"
        )
    try:
        encoded = str(value).encode("latin-1")
    except UnicodeEncodeError:
        raise BadAnswer(f"header {name} has a character that HTTP cannot carry") from None
    if _UNSAFE.search(encoded.decode("latin-1")):
        raise BadAnswer(f"header {name} has a control character")
    return encoded


def _encode(value: Any) -> tuple[bytes | Stream, str | None]:
    if isinstance(value, str | bytes | bytearray | memoryview):
        return chunk_bytes(value)
    if isinstance(value, Iterator | AsyncIterator):
        return value, None
    return _to_json(value), JSON


def _to_json(value: Any) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadAnswer(f"what the handler returned is not JSON: {error}") from None
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can carry
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
