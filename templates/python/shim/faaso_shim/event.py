"""Request body to event; the table is in templates/README.md and holds for every runtime."""

import json
from email.message import Message
from typing import Any, NoReturn

from .context import Context, parse_query


class NotJson(Exception):
    """The body was declared to be JSON and is not."""


def event_of(context: Context) -> Any:
    """What the handler gets as its first argument."""
    body = context.body
    if not body:
        return context.query
    content_type = context.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        return _parse_json(body)
    if media_type == "application/x-www-form-urlencoded":
        return _form_or_json(body)
    if media_type.startswith("text/"):
        return _decode(body, content_type)
    return body if media_type else _guess(body)


def _form_or_json(body: bytes) -> Any:
    # `curl -d '{…}'` declares a form; a form whose first field starts with a
    # bracket and that parses as JSON does not exist in practice.
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            return _parse_json(body)
        except NotJson:
            pass
    return parse_query(body)


def _guess(body: bytes) -> Any:
    """Nothing declared: JSON if it is, else text if it is, else the bytes."""
    try:
        return _parse_json(body)
    except NotJson:
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _decode(body: bytes, content_type: str) -> str:
    message = Message()
    message["content-type"] = content_type
    try:
        return body.decode(message.get_content_charset("utf-8"), "replace")
    except LookupError:  # a charset that nobody knows
        return body.decode("utf-8", "replace")


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def _refuse_constant(name: str) -> NoReturn:
    # Python reads NaN and Infinity, which JSON does not have.
    raise ValueError(f"{name} is not JSON")
