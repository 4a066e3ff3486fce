"""Loading plugins one by one, each inside a guard, so that a broken one is reported and the others serve on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import pluggy
from attrs import field, frozen

from flexlib.errors import DuplicateProviderError, FormatError, InvalidValueError, PluginError
from flexlib.model.names import as_names
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import RateSheet
from flexlib.model.regions import RegionGroups, as_groups
from flexlib.providers.finding import find_plugins
from flexlib.providers.guard import PATIENCE, Guard, PluginFailure, PluginInfo, first_of, is_loading
from flexlib.providers.hookspecs import PROJECT, FlexlibHooks, RateProvider

if TYPE_CHECKING:
    from pathlib import Path


class PluginWarning(UserWarning):
    """Names a plugin that failed while the others served on.

    .. versionadded:: 0.1.0
    """


@frozen
class LoadedProvider:
    """A rate provider with the plugin that brings it, and what it said of its regions when it was loaded."""

    owner: PluginInfo
    name: str
    regions: tuple[str, ...]
    groups: RegionGroups = field(hash=False)
    provider: RateProvider


@frozen
class PluginRegistry:
    """The plugins that were loaded, as a value: two may live side by side.

    Attributes:
        plugins: The plugins that serve.
        failures: The plugins that failed, and where.
        strict: Whether a failure raises instead.
        patience: The seconds that each piece of a plugin's work may take.

    .. versionadded:: 0.1.0
    """

    plugins: tuple[PluginInfo, ...]
    failures: tuple[PluginFailure, ...]
    strict: bool = field(default=False, repr=False)
    patience: float = field(default=PATIENCE, repr=False)
    _loaded: tuple[LoadedProvider, ...] = field(default=(), repr=False)
    _readers: tuple[tuple[PluginInfo, Callable[..., object]], ...] = field(default=(), repr=False)

    @property
    def providers(self) -> tuple[RateProvider, ...]:
        """The rate providers, in order of their plugins' names.

        .. versionadded:: 0.1.0
        """
        return tuple(loaded.provider for loaded in self._loaded)

    @property
    def owners(self) -> tuple[PluginInfo, ...]:
        """The plugin of each of the `providers`, in the same order.

        .. versionadded:: 0.1.0
        """
        return tuple(loaded.owner for loaded in self._loaded)

    @property
    def groups(self) -> RegionGroups:
        """The groups of countries that the providers name, each with all countries that any of them counts to it.

        .. versionadded:: 0.1.0
        """
        names = sorted({name for loaded in self._loaded for name in loaded.groups})
        empty: frozenset[str] = frozenset()
        return {name: empty.union(*(loaded.groups.get(name, empty) for loaded in self._loaded)) for name in names}

    @property
    def regions(self) -> dict[str, tuple[str, ...]]:
        """The regions of each provider, by its name.

        .. versionadded:: 0.1.0
        """
        return {loaded.name: loaded.regions for loaded in self._loaded}

    @property
    def provider_groups(self) -> dict[str, RegionGroups]:
        """The groups of countries that each provider names, by its name.

        .. versionadded:: 0.1.0
        """
        return {loaded.name: loaded.groups for loaded in self._loaded}

    def rate_sheets(self, region: str | None = None) -> tuple[list[RateSheet], list[PluginFailure]]:
        """Return the sheets of all providers for a region, and the providers that failed to give theirs.

        Raises:
            PluginLoadError: A provider failed, under ``strict``.

        .. versionadded:: 0.1.0
        """
        sheets, failures = self.sheets_by_provider(region)
        return [sheet for own in sheets.values() for sheet in own], failures

    def sheets_by_provider(self, region: str | None = None) -> tuple[dict[str, list[RateSheet]], list[PluginFailure]]:
        """Return each provider's sheets for a region, by its name (none where it failed), and the providers that failed.

        Raises:
            PluginLoadError: A provider failed, under ``strict``.

        .. versionadded:: 0.1.0
        """
        guard = Guard(strict=self.strict, patience=self.patience)
        sheets = {
            loaded.name: guard.ask(loaded.owner, "rate_sheets", partial(_sheets, loaded.provider, region)) or []
            for loaded in self._loaded
        }
        return sheets, guard.failures

    def rate_book(self, region: str | None = None, precedence: Iterable[str] = ()) -> tuple[RateBook, list[PluginFailure]]:
        """Return the book of all providers' rates, with their groups of countries, and the providers that failed to give theirs.

        Raises:
            UnknownRegionError: No provider serves the region: none names it, and none has rates for everywhere, or it is no country.
            PluginLoadError: A provider failed, under ``strict``.
            InvalidValueError: ``precedence`` names neither a sheet nor a provider.

        .. versionadded:: 0.1.0
        """
        sheets, failures = self.rate_sheets(region)
        book = RateBook(sheets, precedence=precedence, groups=self.groups)
        if region is not None:
            book.check_region(region, [name for own in self.regions.values() for name in own])
        return book, failures

    def read_rate_sheet(self, path: str | Path) -> RateSheet:
        """Return the rate sheet in a file, from the first plugin whose kind of file it is; a plugin that breaks is passed over.

        Raises:
            FormatError: The file is of no plugin's kind, or of one's and wrong.
            PluginLoadError: A plugin broke on the file, under ``strict``.

        .. versionadded:: 0.1.0
        """
        from pathlib import Path  # noqa: PLC0415  # `import flexlib` does without it, and it is slow to load

        path = Path(path)
        guard = Guard(strict=self.strict, patience=self.patience)
        for plugin, read in self._readers:
            sheet = guard.ask(plugin, "flexlib_load_rate_sheet", partial(_sheet_or_none, read, path), FormatError)
            if sheet is not None:
                return sheet
        hint = "XLSX needs the extra: pip install 'flexlib[excel]'" if path.suffix.lower() == ".xlsx" else "give TOML, JSON or CSV"
        broken = "".join(f"; {failure}" for failure in (*self.failures, *guard.failures))
        raise FormatError(str(path), None, None, f"no plugin reads rate sheets of this kind: {hint}{broken}")


def load_plugins(
    *, only: Iterable[str] | None = None, block: Iterable[str] = (), strict: bool = False, patience: float = PATIENCE
) -> PluginRegistry:
    """Load the built-in plugins and those of the entry-point group ``flexlib`` into a fresh registry.

    Each is loaded by itself, in order of the names. One that cannot be imported, implements no hook or a misspelt or wrong one, raises,
    returns something else, never stops, does not finish in time, or takes a name that is taken, is a `PluginFailure`; the others serve.

    Args:
        only: The names of the plugins to load; all others stay unloaded. The built-in ``article`` is loaded only if it is named.
        block: The names of plugins not to load.
        strict: Raise at the first failure.
        patience: The seconds that each piece of a plugin's work may take: an import, a call of a hook, a provider's sheets. Python
            cannot stop what hangs; it is left behind in a thread of its own.

    Raises:
        PluginLoadError: A plugin failed, under ``strict``.
        DuplicateProviderError: Two share a name, under ``strict``.
        InvalidValueError: ``only`` names a plugin that is not there.

    .. versionadded:: 0.1.0
    """
    if only is None and is_loading():
        raise PluginError(
            "a plugin loads all plugins while it is loaded itself: do so when a provider is asked, or name them in `only`"
        )
    guard = Guard(strict=strict, patience=patience)
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(FlexlibHooks)
    loaded: dict[str, PluginInfo] = {}
    wanted, unwanted = None if only is None else set(as_names(only)), set(as_names(block))
    found = find_plugins(guard, wanted or set())
    names = {plugin.name for plugin, _ in found}
    for name in sorted((wanted or set()) - names):
        raise InvalidValueError("only", name, f"the name of a plugin: {', '.join(sorted(names))}")
    for plugin, load in found:
        if plugin.name in unwanted or (wanted is not None and plugin.name not in wanted):
            continue
        if plugin.name in loaded:
            both = [loaded[plugin.name].distribution, plugin.distribution]
            guard.failed(plugin, "register", DuplicateProviderError(plugin.name, both))
            continue
        loaded[plugin.name] = plugin
        module = guard.ask(plugin, "import", partial(_module, load))
        if module is not None and not _register(manager, plugin, module, guard) and manager.has_plugin(plugin.name):
            manager.unregister(name=plugin.name)
    providers = _providers(manager, loaded, guard)
    readers = _implementations(manager.hook.flexlib_load_rate_sheet, loaded)
    serving = tuple(plugin for name, plugin in loaded.items() if manager.has_plugin(name))
    return PluginRegistry(serving, tuple(guard.failures), strict, patience, tuple(providers), tuple(readers))


def load_rates(
    *,
    region: str | None = None,
    precedence: Iterable[str] = (),
    only: Iterable[str] | None = None,
    block: Iterable[str] = (),
    strict: bool = False,
) -> RateBook:
    """Return the rate book of all installed rate providers; each plugin that failed is named in a `PluginWarning`.

    Args:
        region: The region whose sheets to ask for (rule R2): an ISO 3166-1 alpha-2 code, or a name that a provider uses.
        precedence: The sheets or providers to trust where they disagree, first the most trusted (rule R3).
        only: The names of the plugins to load; all others stay unloaded.
        block: The names of plugins not to load.
        strict: Raise at the first failure.

    Raises:
        UnknownRegionError: No provider serves the region.
        PluginLoadError: A plugin failed, under ``strict``.
        InvalidValueError: ``precedence`` names neither a sheet nor a provider.

    .. versionadded:: 0.1.0
    """
    registry = load_plugins(only=only, block=block, strict=strict)
    book, failures = registry.rate_book(region, precedence)
    for failure in (*registry.failures, *failures):
        warnings.warn(str(failure), PluginWarning, stacklevel=2)
    return book


def read_rate_sheet(path: str | Path) -> RateSheet:
    """Return the rate sheet in a file: TOML, JSON or CSV, or a kind that an installed plugin reads.

    Raises:
        FormatError: The file is of no known kind, or it is wrong; the error names the row or key and what would be right.

    .. versionadded:: 0.1.0
    """
    return load_plugins().read_rate_sheet(path)


def _module(load: Callable[[], object]) -> object:
    module = load()
    if module is None:
        raise TypeError("its entry point names None")
    return module


def _register(manager: pluggy.PluginManager, plugin: PluginInfo, module: object, guard: Guard) -> bool:
    """Register a plugin; tell whether all of it fits the hooks."""

    def register() -> bool:
        manager.register(module, plugin.name)
        manager.check_pending()
        if not manager.get_hookcallers(module):
            raise TypeError("it implements no hook: mark its functions with flexlib.hookimpl")
        return True

    return guard.ask(plugin, "register", register) is not None


def _implementations(hook: pluggy.HookCaller, loaded: dict[str, PluginInfo]) -> list[tuple[PluginInfo, Callable[..., object]]]:
    """Return each plugin's own implementation of a hook, in order of the names, so that one may fail without the others.

    As with pluggy, an implementation takes those of the hook's arguments that it names.
    """
    own = {implementation.plugin_name: _taking_what_it_names(implementation) for implementation in hook.get_hookimpls()}
    return [(plugin, own[name]) for name, plugin in loaded.items() if name in own]


def _taking_what_it_names(implementation: pluggy.HookImpl) -> Callable[..., object]:
    def call(**arguments: object) -> object:
        return implementation.function(*(arguments[name] for name in implementation.argnames))

    return call


def _providers(manager: pluggy.PluginManager, loaded: dict[str, PluginInfo], guard: Guard) -> list[LoadedProvider]:
    """Return the rate providers, each with the plugin that brings it."""
    providers: list[LoadedProvider] = []
    taken: dict[str, PluginInfo] = {}
    for plugin, implementation in _implementations(manager.hook.flexlib_rate_providers, loaded):
        for provider in guard.ask(plugin, "flexlib_rate_providers", partial(_sound_all, plugin, implementation)) or []:
            if provider.name in taken:
                error = DuplicateProviderError(provider.name, [taken[provider.name].name, plugin.name])
                guard.failed(plugin, "flexlib_rate_providers", error)
                continue
            taken[provider.name] = plugin
            providers.append(provider)
    return providers


def _sound_all(plugin: PluginInfo, implementation: Callable[[], object]) -> list[LoadedProvider]:
    return [_sound(plugin, provider) for provider in first_of(implementation())]


def _sound(plugin: PluginInfo, provider: object) -> LoadedProvider:
    """Return a provider that keeps the contract, with what it says of itself."""
    if not isinstance(provider, RateProvider):
        raise TypeError(f"it returned {provider!r}, no RateProvider: one has a name, regions and rate_sheets")
    name: object = provider.name
    if not isinstance(name, str) or not name.strip():
        raise TypeError(f"its provider's name is {name!r}, not text")
    regions = provider.regions
    if isinstance(regions, str) or not all(isinstance(region, str) for region in first_of(regions)):
        raise TypeError(f"the regions of its provider {name!r} are no collection of texts")
    groups: object = getattr(provider, "region_groups", {})
    if not isinstance(groups, Mapping):
        raise TypeError(f"the region_groups of its provider {name!r} are no mapping of names to country codes")
    return LoadedProvider(plugin, name, tuple(regions), as_groups(groups), provider)


def _sheets(provider: RateProvider, region: str | None) -> list[RateSheet]:
    return [_sheet(sheet) for sheet in first_of(provider.rate_sheets(region))]


def _sheet(sheet: object) -> RateSheet:
    if not isinstance(sheet, RateSheet):
        raise TypeError(f"it returned {sheet!r}, no RateSheet")
    return sheet


def _sheet_or_none(read: Callable[..., object], path: Path) -> RateSheet | None:
    sheet = read(path=path)
    return None if sheet is None else _sheet(sheet)
