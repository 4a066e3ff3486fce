"""Optional packages: a clear error where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flexlib.errors import MissingExtraError


@contextmanager
def required(extra: str) -> Iterator[None]:
    """Turn, while modules are imported, a missing package into `MissingExtraError`, which names the extra that brings it."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in {"", "flexlib"}:
            raise
        raise MissingExtraError(extra, package) from error
