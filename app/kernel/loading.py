"""Bringing in a part of the program when it is needed, quickly."""

import gc
import importlib
import sys
from typing import Any


def loaded(place: str) -> Any:  # noqa: ANN401 - whatever stands there
    """What stands at a place, « package.module:name », imported now.

    Importing all of passnum makes 320,000 objects that live as long as the process. Looking for
    garbage among them takes a third of the time, and finds none.
    """
    module, _, name = place.partition(":")
    looking, is_new = gc.isenabled(), module not in sys.modules
    gc.disable()
    try:
        found = getattr(importlib.import_module(module), name)
        if is_new:
            gc.freeze()
    finally:
        if looking:
            gc.enable()
    return found


def called(place: str, *given: Any) -> Any:  # noqa: ANN401 - whatever stands there
    """Call what stands at a place: all that a new process has to import is this."""
    return loaded(place)(*given)
