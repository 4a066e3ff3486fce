"""Tables, titles and instants on a terminal, as all commands write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 100

# By these, a name out of a file could move the cursor, rename the window or turn the text around.
_COMMANDS = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"]
_TURNS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_PRINTABLE = dict.fromkeys([*_COMMANDS, *_TURNS], "\N{REPLACEMENT CHARACTER}")


def printable(text: str) -> str:
    """Return a text without what a terminal would obey instead of showing it."""
    return text.translate(_PRINTABLE)


def say(text: str, *, err: bool = False) -> None:
    """Write a line that a terminal only shows."""
    click.echo(printable(text), err=err)


class _Console(Console):
    """Shows what is in a text, and obeys nothing in it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def console() -> Console:
    """Return a console; where the output is piped, its width does not depend on the terminal."""
    made = _Console(markup=False, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = PIPED_WIDTH
    return made


def table(columns: Sequence[str], rows: Iterable[Sequence[RenderableType]], *, left: Iterable[int] = (0,)) -> Table:
    """Return a table; the columns of these numbers hold words and lean left, the others figures."""
    words = set(left)
    made = Table(box=SIMPLE_HEAD)
    for number, column in enumerate(columns):
        made.add_column(column, justify="left" if number in words else "right", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def titled(to: Console, title: str, shown: Table) -> None:
    """Print a table under its title."""
    to.print(Text(f"\n{title}", style="bold"))
    to.print(shown)


def section(to: Console, title: str, lines: Sequence[str]) -> None:
    """Print lines under a title; nothing where there are none. A long line is not broken, so that it can be copied."""
    if lines:
        to.print(Text(f"\n{title}", style="bold"))
        for line in lines:
            to.print(Text(f"  {line}"), soft_wrap=True)


def clock(at: datetime, zone: tzinfo) -> str:
    """Return an instant on the clocks of a zone."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
