"""The two hooks that a rate plugin may implement, under the entry-point group ``flexlib``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import pluggy

from flexlib.model.rates import RateSheet

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "flexlib"

hookspec: pluggy.HookspecMarker = pluggy.HookspecMarker(PROJECT)

hookimpl: pluggy.HookimplMarker = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as an implementation of one of flexlib's hooks.

.. versionadded:: 0.1.0
"""


@runtime_checkable
class RateProvider(Protocol):
    """What `flexlib_rate_providers` yields: a named source of rate sheets for some regions.

    .. versionadded:: 0.1.0
    """

    @property
    def name(self) -> str:
        """The provider's name, unique among those installed.

        .. versionadded:: 0.1.0
        """
        ...

    @property
    def regions(self) -> Iterable[str]:
        """The regions for which it has rates of their own; empty where its rates are for everywhere only.

        .. versionadded:: 0.1.0
        """
        ...

    def rate_sheets(self, region: str | None) -> Iterable[RateSheet]:
        """Return the sheets that hold for a region, those for everywhere among them; None asks for all.

        .. versionadded:: 0.1.0
        """
        ...


class FlexlibHooks:
    """The hook specifications."""

    @hookspec
    def flexlib_rate_providers(self) -> Iterable[RateProvider]:  # type: ignore[empty-body]  # a specification has no body
        """Return the rate providers of the plugin.

        .. versionadded:: 0.1.0
        """

    @hookspec(firstresult=True)
    def flexlib_load_rate_sheet(self, path: Path) -> RateSheet | None:
        """Return the rate sheet in a file, or None where the file is not of the plugin's kind.

        A file of its kind that cannot be read raises `FormatError`, which stops the look-up and reaches the caller.

        .. versionadded:: 0.1.0
        """
