"""The plugins, what each brings, and those that failed, as values."""

from __future__ import annotations

import attrs
from attrs import frozen

from flexlib.charging.explanation import JsonValue
from flexlib.cli.values import as_json
from flexlib.providers.guard import PluginFailure
from flexlib.providers.registry import PluginRegistry


@frozen
class SheetLine:
    """A rate sheet, and how many rates it holds."""

    name: str
    rates: int


@frozen
class ProviderLine:
    """A rate provider: the regions and groups of countries that it names, and its sheets for all regions."""

    name: str
    regions: list[str]
    groups: dict[str, list[str]]
    sheets: list[SheetLine]


@frozen
class PluginLine:
    """A plugin that serves, and its rate providers."""

    name: str
    distribution: str
    version: str
    providers: list[ProviderLine]


@frozen
class PluginList:
    """Everything that ``flexlib plugins`` shows; ``--json`` writes these fields by their names."""

    schema: str
    plugins: list[PluginLine]
    failures: list[PluginFailure]

    def as_json(self) -> JsonValue:
        """Return the list as JSON values."""
        return as_json(attrs.asdict(self))


def list_plugins(registry: PluginRegistry) -> PluginList:
    """Return the plugins of a registry; its providers are asked for all their sheets."""
    sheets, failures = registry.sheets_by_provider()
    plugins = [
        PluginLine(
            plugin.name,
            plugin.distribution,
            plugin.version,
            [
                ProviderLine(
                    name,
                    list(regions),
                    {group: sorted(members) for group, members in registry.provider_groups[name].items()},
                    [SheetLine(sheet.name, len(sheet.rates)) for sheet in sheets[name]],
                )
                for owner, (name, regions) in zip(registry.owners, registry.regions.items(), strict=True)
                if owner == plugin
            ],
        )
        for plugin in registry.plugins
    ]
    return PluginList("flexlib-plugins/1", plugins, [*registry.failures, *failures])
