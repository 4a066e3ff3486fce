"""The list of plugins on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from flexlib.cli.console import section, table, titled
from flexlib.cli.plugins import PluginList


def show_plugins(listed: PluginList, to: Console) -> None:
    """Print the plugins, the providers that they bring, and the plugins that failed."""
    plugins = [(Text(plugin.name), Text(plugin.distribution), Text(plugin.version)) for plugin in listed.plugins]
    titled(to, "Plugins", table(["plugin", "distribution", "version"], plugins, left=range(3)))
    providers = [(plugin.name, provider) for plugin in listed.plugins for provider in plugin.providers]
    rows = [
        (
            Text(provider.name),
            Text(plugin),
            Text(", ".join(provider.regions) or "everywhere"),
            Text("\n".join(sheet.name for sheet in provider.sheets) or "-"),
            "\n".join(str(sheet.rates) for sheet in provider.sheets) or "-",
        )
        for plugin, provider in providers
    ]
    titled(to, "Rate providers", table(["provider", "plugin", "regions", "sheet", "rates"], rows, left=range(4)))
    groups = [
        f"{name} of {provider.name}: {', '.join(countries)}"
        for _, provider in providers
        for name, countries in provider.groups.items()
    ]
    section(to, "Groups of countries", groups)
    section(to, "Failed", [str(failure) for failure in listed.failures])
