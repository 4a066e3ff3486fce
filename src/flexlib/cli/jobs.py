"""The help of a group of commands as a map: the commands by what they are for, each with its whole summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import click

_WHOLE = 1000


class JobGroup(click.Group):
    """Lists commands under what they are for, and those of groups among them by their whole names; no summary is cut short."""

    jobs: ClassVar[Mapping[str, Sequence[str]]] = {}
    """The names of commands by what they are for; those that are in none are listed after them as commands."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands."""
        known = [name for names in self.jobs.values() for name in names]
        others = [name for name in self.list_commands(ctx) if name not in known]
        for job, names in {**self.jobs, "Commands": others}.items():
            rows = [row for name in names for row in _rows(name, self.commands[name])]
            if rows:
                with formatter.section(job):
                    formatter.write_dl(rows)


def _rows(name: str, command: click.Command) -> Iterator[tuple[str, str]]:
    """Yield the name and the summary of a command; of a group, those of its commands, and its own where it does something by itself."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield name, command.get_short_help_str(_WHOLE)
    if isinstance(command, click.Group):
        for word in sorted(command.commands):
            yield from _rows(f"{name} {word}", command.commands[word])
