"""Imports the user's ``handler.py``; a failure is shown as the user's own traceback."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from . import problems


def load_handler(folder: Path) -> ModuleType:
    """Imports ``handler`` from the folder, or ends the process with its traceback."""
    problems.set_function_folder(folder)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("handler")
    except Exception as error:  # whatever the user's module raises is the user's to read
        sys.stderr.write(problems.user_traceback(error))
        sys.exit(1)


def refuse(message: str) -> NoReturn:
    """Ends the process because the handler cannot be served as it is."""
    print(f"faaso: {message}", file=sys.stderr)
    sys.exit(1)
