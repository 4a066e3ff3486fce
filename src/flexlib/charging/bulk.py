"""Windows and charges made without checks, out of parts that are checked already.

Charging makes two frozen values for nearly every session, and most of its time went into making them. A mutable twin of the same
slots is filled in a third of the time (``benchmarks/``) and then becomes the frozen value. The tests hold every field of these
values equal to what the constructors make.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

import attrs

from flexlib.charging.charges import Charge, ChargeWindow, WindowCause
from flexlib.model.rates import Rate
from flexlib.model.usage import Session


def _twin(cls: type) -> Callable[..., Any]:  # Any: a class made at run time has no static type
    names = [attribute.name for attribute in attrs.fields(cls)]
    return attrs.make_class(f"_{cls.__name__}Twin", names, slots=True, weakref_slot=False)


_WindowTwin, _ChargeTwin = _twin(ChargeWindow), _twin(Charge)


def bulk_window(product: str, start: datetime, end: datetime, session: Session, cause: WindowCause) -> ChargeWindow:
    """Return the window of a product that a session's use opens."""
    window = _WindowTwin(session.user, product, start, end, session, cause)
    window.__class__ = ChargeWindow
    return window  # type: ignore[no-any-return]  # it is one now


def bulk_charge(product: str, start: datetime, end: datetime, session: Session, cause: WindowCause, rate: Rate) -> Charge:
    """Return the charge, at a rate, of the window of a product that a session's use opens."""
    user = session.user
    window = _WindowTwin(user, product, start, end, session, cause)
    window.__class__ = ChargeWindow
    charge = _ChargeTwin(user, product, start, rate.tokens, None, session.team, window, rate, None, None)
    charge.__class__ = Charge
    return charge  # type: ignore[no-any-return]  # it is one now


class _Pauses:
    """The pauses of the collector that last, and whether it ran before the first: it is the process's, so this is, too."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.number = 0
        self.ran = False


_PAUSES = _Pauses()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Hold the cyclic garbage collector while many values without cycles are made: its passes over them doubled the time.

    Threads may do so at once: it runs again when the last has ended, if it ran before the first.
    """
    with _PAUSES.lock:
        if not _PAUSES.number:
            _PAUSES.ran = gc.isenabled()
            gc.disable()
        _PAUSES.number += 1
    try:
        yield
    finally:
        with _PAUSES.lock:
            _PAUSES.number -= 1
            if not _PAUSES.number and _PAUSES.ran:
                gc.enable()
