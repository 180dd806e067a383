"""Finds out what the user's module offers: an app, or a handler function."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .asgi import App
from .function_app import FunctionApp
from .loader import refuse
from .wsgi import WsgiBridge

_HANDLER_NAMES = ("handler", "main_handler")


@dataclass(frozen=True, slots=True)
class Form:
    """How the function is served."""

    name: str
    app: App
    is_asgi: bool = False
    """Speaks ASGI itself, so it gets lifespan events and WebSockets."""


def find(module: ModuleType) -> Form:
    """An ``app`` comes first: a ``handler`` beside it is there for some other platform."""
    app = getattr(module, "app", None)
    if callable(app):
        return _app_form(app)
    for name in _HANDLER_NAMES:
        handler = getattr(module, name, None)
        if callable(handler):
            return _handler_form(name, handler)
    refuse("handler.py has none of: handler(event, context), main_handler(event), app")


def _app_form(app: Callable[..., Any]) -> Form:
    # WSGI takes (environ, start_response), ASGI (scope, receive, send); only
    # the latter may be a coroutine function.
    if _is_async(app) or _positional(app) == 3:
        return Form("an ASGI app", app, is_asgi=True)
    return Form("a WSGI app", WsgiBridge(app))


def _handler_form(name: str, handler: Callable[..., Any]) -> Form:
    arguments = _positional(handler)
    if arguments == 1:
        signature, call = "event", lambda event, _context: handler(event)
    elif arguments == 2:
        signature, call = "event, context", handler
    else:
        refuse(f"{name} in handler.py must take (event, context) or (event)")
    kind = "async " if _is_async(handler) else ""
    return Form(f"{kind}{name}({signature})", FunctionApp(call, blocking=not kind))


def _is_async(function: Callable[..., Any]) -> bool:
    """Also true for an async generator function and an object with an async ``__call__``."""
    candidates = (function, type(function).__call__)
    return any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in candidates)


def _positional(function: Callable[..., Any]) -> int:
    """How many positional arguments it is to be called with: what it needs, at most 2 if it is flexible."""
    parameters = inspect.signature(function).parameters.values()
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return 2
    plain = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    required = sum(one.default is one.empty for one in plain)
    return max(required, min(len(plain), 2))
