"""Adds two numbers."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """{"a": 1, "b": 2} -> {"sum": 3}; anything that is not two numbers is the caller's fault."""
    a, b = event.get("a"), event.get("b")
    if not (is_number(a) and is_number(b)):
        return {"statusCode": 400, "body": {"error": "a and b must be numbers"}}
    return {"sum": a + b}


def is_number(value: Any) -> bool:
    """True and False are ints in Python, but no numbers in JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)
