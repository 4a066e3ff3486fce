"""Where plugins are found: those built in, and the entry points of the group ``flexlib`` of every installed distribution."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from flexlib.providers.guard import Guard, PluginInfo
from flexlib.providers.hookspecs import PROJECT

if TYPE_CHECKING:
    from importlib.metadata import Distribution

BUILT_IN = {"files": "flexlib.providers.files", "published": "flexlib.providers.published"}
OPTIONAL = {"excel": ("openpyxl", "flexlib.providers.excel")}
ON_REQUEST = {"article": "flexlib.providers.article"}


class Found(NamedTuple):
    """A plugin that is there, and how to load it."""

    plugin: PluginInfo
    load: Callable[[], object]


def find_plugins(guard: Guard, wanted: set[str]) -> list[Found]:
    """Return what there is to load: the built-in plugins first, then the entry points, sorted by name and distribution.

    Of the built-in ones, ``excel`` is there where its extra is installed, and ``article``, which contradicts itself, where it is named.
    """
    modules = dict(BUILT_IN)
    modules |= {name: module for name, (needed, module) in OPTIONAL.items() if find_spec(needed) is not None}
    modules |= {name: module for name, module in ON_REQUEST.items() if name in wanted}
    built_in = [
        Found(PluginInfo(name, PROJECT, "built in"), partial(importlib.import_module, module))
        for name, module in sorted(modules.items())
    ]
    return built_in + sorted(_installed(guard), key=lambda found: (found.plugin.name, found.plugin.distribution))


def _installed(guard: Guard) -> Iterator[Found]:
    # importlib.metadata takes an eighth of the time of `import flexlib`, and only loading plugins needs it.
    from importlib.metadata import distributions  # noqa: PLC0415  # see above

    seen: set[str] = set()
    for distribution in filter(_may_bring_plugins, distributions()):
        try:
            name = _text(distribution, "Name")
        except (OSError, ValueError) as error:  # its metadata is not text
            guard.failed(PluginInfo("unknown", "unknown", "unknown"), "metadata", error)
            continue
        first = next(iter(distributions(name=name)), distribution)  # another one of the name may come before it, without plugins
        if name.casefold() in seen or first.locate_file("") != distribution.locate_file(""):
            continue
        seen.add(name.casefold())
        unknown = PluginInfo("unknown", name, _text(distribution, "Version"))
        yield from guard.ask(unknown, "metadata", partial(_of, distribution, name)) or []


def _may_bring_plugins(distribution: Distribution) -> bool:
    """Tell cheaply: reading the metadata of every distribution takes 30 times as long, and few have plugins at all."""
    try:
        return f"[{PROJECT}]" in (distribution.read_text("entry_points.txt") or "")
    except (OSError, ValueError):
        return True


def _of(distribution: Distribution, name: str) -> list[Found]:
    version = _text(distribution, "Version")
    points = [point for point in distribution.entry_points if point.group == PROJECT]
    return [Found(PluginInfo(point.name, name, version), point.load) for point in points]


def _text(distribution: Distribution, key: str) -> str:
    return distribution.metadata[key] or "unknown" if key in distribution.metadata else "unknown"
