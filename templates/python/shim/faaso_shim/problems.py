"""Errors: the log gets the stack trace, the caller gets a problem without it (RFC 9457)."""

import json
import sys
import traceback
from pathlib import Path

from .asgi import Send

_function_folder = "/"


def set_function_folder(folder: Path) -> None:
    """Tells where the user's code lies, so that traces can start there."""
    global _function_folder
    _function_folder = f"{folder}/"


def user_traceback(error: BaseException) -> str:
    """The traceback from the first frame of the user's; the shim's own frames say nothing to him."""
    trace = error.__traceback__
    while trace and not trace.tb_frame.f_code.co_filename.startswith(_function_folder):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def log_failure(error: BaseException, request: str) -> None:
    """Writes one block to stderr, in one piece so that parallel failures do not mix."""
    summary = f"{type(error).__name__}: {error}".splitlines()[0]
    sys.stderr.write(f"error {request} {summary}\n{user_traceback(error)}")
    sys.stderr.flush()


async def send_failure(send: Send, error: BaseException, request_id: str) -> None:
    """Answers 500 with the error's type; its message may hold what no caller should see."""
    name = type(error).__name__
    detail = f"The function failed with {name}; its log has the stack trace."
    await send_problem(
        send,
        500,
        "Internal Server Error",
        code="function-failed",
        error=name,
        detail=detail,
        request_id=request_id,
    )


async def send_problem(send: Send, status: int, title: str, **members: str) -> None:
    """Answers with a problem body."""
    body = json.dumps({"type": "about:blank", "title": title, "status": status, **members}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
