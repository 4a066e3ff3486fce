"""The guard around plugins: what one raises, returns or never finishes becomes a failure, and the others serve on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from attrs import frozen

from flexlib.errors import DuplicateProviderError, FlexError, PluginError, PluginLoadError

T = TypeVar("T")

MAX_ITEMS = 1000
PATIENCE = 10.0


@frozen
class PluginInfo:
    """A plugin that was found: the name of its entry point, and the distribution that brings it.

    .. versionadded:: 0.1.0
    """

    name: str
    distribution: str
    version: str


@frozen
class PluginFailure:
    """A plugin that does not serve, or not wholly, and why.

    Attributes:
        name: The name of its entry point.
        distribution: The distribution that brings it.
        version: That distribution's version.
        stage: Where it failed: ``metadata``, ``import``, ``register``, ``flexlib_rate_providers``, ``flexlib_load_rate_sheet`` or
            ``rate_sheets``.
        error: The error, as its type and message.

    .. versionadded:: 0.1.0
    """

    name: str
    distribution: str
    version: str
    stage: str
    error: str

    def __str__(self) -> str:
        return str(PluginLoadError(self.name, self.distribution, self.version, self.stage, self.error))


# Which stage of a plugin's loading this thread runs; every piece of work has a thread of its own.
_CURRENT = threading.local()


def is_loading() -> bool:
    """Tell whether this is called by a plugin while it is loaded."""
    return getattr(_CURRENT, "stage", None) in {"import", "flexlib_rate_providers"}


class Guard:
    """Runs plugins' code, each piece for no longer than its patience; a failure is kept, or raised under ``strict``."""

    def __init__(self, *, strict: bool, patience: float) -> None:
        self.strict = strict
        self.patience = patience
        self.failures: list[PluginFailure] = []

    def ask(self, plugin: PluginInfo, stage: str, work: Callable[[], T], *through: type[Exception]) -> T | None:
        """Return what work returns, or None where it failed; the errors named in `through` reach the caller."""
        piece = _Piece(work, stage)
        piece.run(self.patience)
        if piece.error is None:
            return piece.result
        if isinstance(piece.error, (KeyboardInterrupt, *through)):
            raise piece.error
        self.failed(plugin, stage, piece.error)
        return None

    def failed(self, plugin: PluginInfo, stage: str, error: BaseException) -> None:
        """Report a failure."""
        failure = PluginFailure(plugin.name, plugin.distribution, plugin.version, stage, in_words(error))
        if self.strict:
            raise _strict_error(failure, error) from error
        self.failures.append(failure)


class _Piece(Generic[T]):
    """A piece of a plugin's work, done in a thread of its own: Python cannot stop it, but need not wait for it."""

    def __init__(self, work: Callable[[], T], stage: str) -> None:
        self.result: T | None = None
        self.error: BaseException | None = None
        self._work = work
        self._stage = stage

    def run(self, patience: float) -> None:
        thread = threading.Thread(target=self._do, name="flexlib plugin", daemon=True)
        thread.start()
        thread.join(patience)
        if thread.is_alive():
            self.error = TimeoutError(f"it did not finish within {patience:g} seconds")

    def _do(self) -> None:
        _CURRENT.stage = self._stage
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001  # a plugin may raise anything, SystemExit too
            self.error = error
        else:
            self.result = result


def in_words(error: BaseException) -> str:
    """Return an error as text; one that cannot say what is wrong is named by its type."""
    try:
        return str(error) if isinstance(error, FlexError) else f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # a plugin's error may be broken itself
        return f"{type(error).__name__}, which cannot say what is wrong"


def _strict_error(failure: PluginFailure, error: BaseException) -> PluginError:
    if isinstance(error, DuplicateProviderError):
        return error
    return PluginLoadError(failure.name, failure.distribution, failure.version, failure.stage, failure.error)


def first_of(items: object) -> list[object]:
    """Return what a plugin yields; more than `MAX_ITEMS` is taken as never stopping."""
    if not isinstance(items, Iterable):
        raise TypeError(f"it returned {items!r}, which cannot be iterated over")
    found = list(islice(items, MAX_ITEMS + 1))
    if len(found) > MAX_ITEMS:
        raise PluginError(f"it yields more than {MAX_ITEMS} items and may never stop")
    return found
