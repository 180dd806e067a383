"""What a handler is told about its request beside the event."""

import os
import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from .asgi import Scope

FUNCTION = os.environ.get("FAASO_FUNCTION", "")
REVISION = os.environ.get("FAASO_REVISION", "")

Query = dict[str, str | list[str]]

_MILLISECONDS = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Context:
    """One request, as the handler's second argument."""

    function: str
    revision: str
    request_id: str
    method: str
    path: str
    """As it was sent: still percent-encoded, without the query."""
    query: Query
    headers: dict[str, str]
    """Names in lower case; repeated ones joined as HTTP says."""
    body: bytes
    deadline: float | None
    """When the caller stops waiting, on the clock of ``time.time()``."""

    def remaining(self) -> float | None:
        """Seconds until the deadline, not below 0; ``None`` without one."""
        return None if self.deadline is None else max(0.0, self.deadline - time.time())


def context_of(scope: Scope, body: bytes) -> Context:
    """The context of one ASGI request."""
    headers = joined_headers(scope["headers"])
    return Context(
        function=FUNCTION,
        revision=REVISION,
        request_id=scope["faaso.request_id"],
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=parse_query(scope["query_string"]),
        headers=headers,
        body=body,
        deadline=_deadline(headers.get("x-faaso-timeout-ms", "")),
    )


def joined_headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header lines as one value per name (RFC 9110, 5.3; cookies are joined with ``; ``)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in headers:
            value = f"{headers[name]}{'; ' if name == 'cookie' else ', '}{value}"
        headers[name] = value
    return headers


def parse_query(text: str | bytes) -> Query:
    """Fields by name; a repeated one becomes a list."""
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    query: Query = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        earlier = query.get(name)
        if earlier is None:
            query[name] = value
        elif isinstance(earlier, list):
            earlier.append(value)
        else:
            query[name] = [earlier, value]
    return query


def _deadline(timeout_ms: str) -> float | None:
    return time.time() + int(timeout_ms) / 1000 if _MILLISECONDS.fullmatch(timeout_ms) else None
