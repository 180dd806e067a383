"""HEALTHCHECK of the image: exits with 0 when the function answers its health path."""

import http.client
import os
import sys


def main() -> int:
    """0 for a 200, else 1."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "3000")), timeout=2)
    try:
        connection.request("GET", "/_faaso/health")
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
