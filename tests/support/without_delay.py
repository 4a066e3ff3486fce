"""Work that has to end soon, on any machine."""

import contextlib
import time

GENEROUS = 20
"""Seconds of the processor, for what takes about one: enough for a slow machine that counts lines, too little for work without end."""


@contextlib.contextmanager
def without_delay():
    """Fail where what is done inside takes more than `GENEROUS` seconds of the processor."""
    began = time.process_time()
    yield
    assert time.process_time() - began < GENEROUS
