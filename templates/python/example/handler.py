"""Tells the time of one moment in several cities: GET /?at=2026-07-01T12:00:00Z&city=Tokyo&city=Lima

Shows a dependency (requirements.txt), a data file, input that is checked, and
a table that is streamed line by line for those who ask for text/csv.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

# Read once, when the function starts, and not with each request.
ZONES: dict[str, str] = json.loads(Path(__file__).with_name("cities.json").read_text())


def handler(event: dict[str, Any], context: Any) -> Any:
    cities = event.get("city", list(ZONES))
    cities = cities if isinstance(cities, list) else [cities]
    if unknown := [city for city in cities if city not in ZONES]:
        return refuse(f"unknown: {', '.join(unknown)}")
    try:
        moment = datetime.fromisoformat(event["at"]) if "at" in event else datetime.now(UTC)
    except ValueError:
        return refuse("at must be a time such as 2026-07-01T12:00:00Z")
    times = {city: moment.astimezone(ZoneInfo(ZONES[city])).isoformat() for city in cities}
    if "text/csv" in context.headers.get("accept", ""):
        return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": table(times)}
    return times


def table(times: dict[str, str]) -> Iterator[str]:
    yield "city,time\n"
    for city, time in times.items():
        yield f"{city},{time}\n"


def refuse(reason: str) -> dict[str, Any]:
    return {"statusCode": 400, "body": {"error": reason}}
