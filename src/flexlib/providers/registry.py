"""Loading plugins one by one, each inside a guard, so that a broken one is reported and the others serve on."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import pluggy
from attrs import field, frozen

from flexlib.errors import DuplicateProviderError, FlexError, FormatError, InvalidValueError, PluginError, PluginLoadError
from flexlib.model.names import as_names
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import RateSheet
from flexlib.providers.hookspecs import PROJECT, FlexlibHooks, RateProvider

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from pathlib import Path

T = TypeVar("T")

BUILT_IN = {"files": "flexlib.providers.files"}
MAX_ITEMS = 1000


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
        stage: Where it failed: ``import``, ``register``, ``flexlib_rate_providers``, ``flexlib_load_rate_sheet`` or ``rate_sheets``.
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


class PluginWarning(UserWarning):
    """Names a plugin that failed while the others served on.

    .. versionadded:: 0.1.0
    """


@frozen
class PluginRegistry:
    """The plugins that were loaded, as a value: two may live side by side.

    Attributes:
        plugins: The plugins that serve.
        providers: Their rate providers, in order of their plugins' names.
        failures: The plugins that failed, and where.
        strict: Whether a failure raises instead.

    .. versionadded:: 0.1.0
    """

    plugins: tuple[PluginInfo, ...]
    providers: tuple[RateProvider, ...]
    failures: tuple[PluginFailure, ...]
    strict: bool = field(default=False, repr=False)
    _readers: tuple[tuple[PluginInfo, Callable[[Path], object]], ...] = field(default=(), repr=False)
    _owners: tuple[PluginInfo, ...] = field(default=(), repr=False)

    def rate_sheets(self, region: str | None = None) -> tuple[list[RateSheet], list[PluginFailure]]:
        """Return the sheets of all providers for a region, and the providers that failed to give theirs.

        Raises:
            PluginLoadError: A provider failed, under ``strict``.

        .. versionadded:: 0.1.0
        """
        guard = _Guard(self.strict)
        sheets: list[RateSheet] = []
        for owner, provider in zip(self._owners, self.providers, strict=True):
            with guard.over(owner, "rate_sheets"):
                sheets += [_sheet(sheet) for sheet in _first_of(provider.rate_sheets(region))]
        return sheets, guard.failures

    def read_rate_sheet(self, path: str | Path) -> RateSheet:
        """Return the rate sheet in a file, from the first plugin whose kind of file it is; a plugin that breaks is passed over.

        Raises:
            FormatError: The file is of no plugin's kind, or of one's and wrong.
            PluginLoadError: A plugin broke on the file, under ``strict``.

        .. versionadded:: 0.1.0
        """
        from pathlib import Path  # noqa: PLC0415  # `import flexlib` does without it, and it is slow to load

        path = Path(path)
        guard = _Guard(self.strict)
        for plugin, read in self._readers:
            with guard.over(plugin, "flexlib_load_rate_sheet", FormatError):
                sheet = read(path)
                if sheet is not None:
                    return _sheet(sheet)
        broken = "".join(f"; {failure}" for failure in (*self.failures, *guard.failures))
        raise FormatError(str(path), None, None, f"no plugin reads rate sheets of this kind: give TOML, JSON or CSV{broken}")


def load_plugins(*, only: Iterable[str] | None = None, block: Iterable[str] = (), strict: bool = False) -> PluginRegistry:
    """Load the built-in plugins and those of the entry-point group ``flexlib`` into a fresh registry.

    Each is loaded by itself, in order of the names. One that cannot be imported, implements no hook or a misspelt or wrong one, raises,
    returns something else or never stops, or takes a name that is taken, is a `PluginFailure`; the others serve.

    Args:
        only: The names of the plugins to load; all others stay unloaded.
        block: The names of plugins not to load.
        strict: Raise at the first failure.

    Raises:
        PluginLoadError: A plugin failed, under ``strict``.
        DuplicateProviderError: Two share a name, under ``strict``.
        InvalidValueError: ``only`` names a plugin that is not there.

    .. versionadded:: 0.1.0
    """
    guard = _Guard(strict)
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(FlexlibHooks)
    loaded: dict[str, PluginInfo] = {}
    wanted, unwanted = None if only is None else set(as_names(only)), set(as_names(block))
    found = list(_found())
    for name in sorted((wanted or set()) - {plugin.name for plugin, _ in found}):
        raise InvalidValueError("only", name, f"the name of a plugin: {', '.join(sorted({plugin.name for plugin, _ in found}))}")
    for plugin, load in found:
        if plugin.name in unwanted or (wanted is not None and plugin.name not in wanted):
            continue
        if plugin.name in loaded:
            guard.failed(
                plugin, "register", DuplicateProviderError(plugin.name, [loaded[plugin.name].distribution, plugin.distribution])
            )
            continue
        loaded[plugin.name] = plugin
        module = None
        with guard.over(plugin, "import"):
            module = load()
            if module is None:
                raise TypeError("its entry point names None")
        if module is not None and not _register(manager, plugin, module, guard) and manager.has_plugin(plugin.name):
            manager.unregister(name=plugin.name)
    owned = _providers(manager, loaded, guard)
    readers = _implementations(manager.hook.flexlib_load_rate_sheet, loaded)
    serving = tuple(plugin for name, plugin in loaded.items() if manager.has_plugin(name))
    providers, owners = tuple(provider for _, provider in owned), tuple(owner for owner, _ in owned)
    return PluginRegistry(serving, providers, tuple(guard.failures), strict, tuple(readers), owners)


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
        region: The region whose sheets to ask for (rule R2).
        precedence: The sheets or providers to trust where they disagree, first the most trusted (rule R3).
        only: The names of the plugins to load; all others stay unloaded.
        block: The names of plugins not to load.
        strict: Raise at the first failure.

    Raises:
        PluginLoadError: A plugin failed, under ``strict``.
        InvalidValueError: ``precedence`` names neither a sheet nor a provider.

    .. versionadded:: 0.1.0
    """
    registry = load_plugins(only=only, block=block, strict=strict)
    sheets, failures = registry.rate_sheets(region)
    for failure in (*registry.failures, *failures):
        warnings.warn(str(failure), PluginWarning, stacklevel=2)
    return RateBook(sheets, precedence=precedence)


def read_rate_sheet(path: str | Path) -> RateSheet:
    """Return the rate sheet in a file: TOML, JSON or CSV, or a kind that an installed plugin reads.

    Raises:
        FormatError: The file is of no known kind, or it is wrong; the error names the row or key and what would be right.

    .. versionadded:: 0.1.0
    """
    return load_plugins().read_rate_sheet(path)


class _Guard:
    """Turns what a plugin raises into a failure, or under ``strict`` into an error of ours."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.failures: list[PluginFailure] = []

    @contextmanager
    def over(self, plugin: PluginInfo, stage: str, *through: type[Exception]) -> Iterator[None]:
        """Guard a stage of a plugin; the errors named in `through` reach the caller."""
        try:
            yield
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            if isinstance(error, through):
                raise
            self.failed(plugin, stage, error)

    def failed(self, plugin: PluginInfo, stage: str, error: BaseException) -> None:
        """Report a failure."""
        failure = PluginFailure(plugin.name, plugin.distribution, plugin.version, stage, _in_words(error))
        if self.strict:
            raise _strict_error(failure, error) from error
        self.failures.append(failure)


def _in_words(error: BaseException) -> str:
    try:
        return str(error) if isinstance(error, FlexError) else f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # a plugin's error may be broken itself
        return f"{type(error).__name__}, which cannot say what is wrong"


def _strict_error(failure: PluginFailure, error: BaseException) -> PluginError:
    if isinstance(error, DuplicateProviderError):
        return error
    return PluginLoadError(failure.name, failure.distribution, failure.version, failure.stage, failure.error)


def _found() -> Iterator[tuple[PluginInfo, Callable[[], object]]]:
    """Yield what there is to load: the built-in plugins first, then the entry points, sorted by name and distribution."""
    # importlib.metadata takes an eighth of the time of `import flexlib`, and only loading plugins needs it.
    from importlib.metadata import entry_points  # noqa: PLC0415  # see above

    for name, module in BUILT_IN.items():
        yield PluginInfo(name, PROJECT, "built in"), partial(importlib.import_module, module)
    found = [(_info(point), point) for point in entry_points(group=PROJECT)]
    for plugin, point in sorted(found, key=lambda pair: (pair[0].name, pair[0].distribution)):
        yield plugin, point.load


def _info(point: EntryPoint) -> PluginInfo:
    name, version = (point.dist.name, point.dist.version) if point.dist else (None, None)
    return PluginInfo(point.name, name or "unknown", version or "unknown")


def _register(manager: pluggy.PluginManager, plugin: PluginInfo, module: object, guard: _Guard) -> bool:
    """Register a plugin; tell whether all of it fits the hooks."""
    failures = len(guard.failures)
    with guard.over(plugin, "register"):
        manager.register(module, plugin.name)
        manager.check_pending()
        if not manager.get_hookcallers(module):
            raise TypeError("it implements no hook: mark its functions with flexlib.hookimpl")
    return len(guard.failures) == failures


def _implementations(hook: pluggy.HookCaller, loaded: dict[str, PluginInfo]) -> list[tuple[PluginInfo, Callable[..., object]]]:
    """Return each plugin's own implementation of a hook, in order of the names, so that one may fail without the others."""
    own = {implementation.plugin_name: implementation.function for implementation in hook.get_hookimpls()}
    return [(plugin, own[name]) for name, plugin in loaded.items() if name in own]


def _providers(
    manager: pluggy.PluginManager, loaded: dict[str, PluginInfo], guard: _Guard
) -> list[tuple[PluginInfo, RateProvider]]:
    """Return the rate providers, each with the plugin that brings it."""
    owned: list[tuple[PluginInfo, RateProvider]] = []
    taken: dict[str, PluginInfo] = {}
    for plugin, implementation in _implementations(manager.hook.flexlib_rate_providers, loaded):
        own: list[tuple[str, RateProvider]] = []
        with guard.over(plugin, "flexlib_rate_providers"):
            own = [_sound(provider) for provider in _first_of(implementation())]
        for name, provider in own:
            if name in taken:
                guard.failed(plugin, "flexlib_rate_providers", DuplicateProviderError(name, [taken[name].name, plugin.name]))
                continue
            taken[name] = plugin
            owned.append((plugin, provider))
    return owned


def _sound(provider: object) -> tuple[str, RateProvider]:
    """Return a provider that keeps the contract, with its name."""
    if not isinstance(provider, RateProvider):
        raise TypeError(f"it returned {provider!r}, no RateProvider: one has a name, regions and rate_sheets")
    name: object = provider.name
    if not isinstance(name, str) or not name.strip():
        raise TypeError(f"its provider's name is {name!r}, not text")
    if isinstance(provider.regions, str) or not all(isinstance(region, str) for region in _first_of(provider.regions)):
        raise TypeError(f"the regions of its provider {name!r} are no collection of texts")
    return name, provider


def _first_of(items: object) -> list[object]:
    """Return what a plugin yields; more than `MAX_ITEMS` is taken as never stopping."""
    if not isinstance(items, Iterable):
        raise TypeError(f"it returned {items!r}, which cannot be iterated over")
    found = list(islice(items, MAX_ITEMS + 1))
    if len(found) > MAX_ITEMS:
        raise PluginError(f"it yields more than {MAX_ITEMS} items and may never stop")
    return found


def _sheet(sheet: object) -> RateSheet:
    if not isinstance(sheet, RateSheet):
        raise TypeError(f"it returned {sheet!r}, no RateSheet")
    return sheet
