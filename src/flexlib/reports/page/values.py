"""What the page consists of: figures, warnings, tables and charts, with every value as it is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.model.amounts import plain
from flexlib.model.names import not_blank
from flexlib.reports.page.wording import grouped

Kind: TypeAlias = Literal["text", "number", "date", "share"]

_SVG_NAMESPACE = "http://www.w3.org/2000/svg"


@frozen
class PageChart:
    """A chart of the page: the same picture for light and for dark surroundings, of which the reader sees the one that fits.

    The page shows a chart as an image: no script in it runs, and no id in it meets another's.

    Attributes:
        title: Its heading.
        description: What it shows, in words, for those who do not see it.
        svg_light: The text of its SVG document, with the namespace that a document of its own needs.
        svg_dark: The same for dark surroundings.

    Raises:
        InvalidValueError: A text is blank, or a picture is no SVG document.

    .. versionadded:: 0.1.0
    """

    title: str = field(validator=not_blank)
    description: str = field(validator=not_blank)
    svg_light: str = field(repr=False)
    svg_dark: str = field(repr=False)

    def __attrs_post_init__(self) -> None:
        for name, text in (("svg_light", self.svg_light), ("svg_dark", self.svg_dark)):
            if "<svg" not in text or _SVG_NAMESPACE not in text:
                raise InvalidValueError(name, text[:40], f"an SVG document with the namespace {_SVG_NAMESPACE}")


@frozen
class Figure:
    """A figure: what it is called, its value, notes below it, and whether it is bad news."""

    key: str
    name: str
    value: str
    notes: tuple[str, ...] = ()
    bad: bool = False


@frozen
class Notice:
    """Something to heed: of which kind, and what there is to know."""

    kind: str
    message: str


@frozen
class Column:
    """A column of a table."""

    title: str
    kind: Kind = "text"


@frozen
class Cell:
    """A cell: the text shown, and the value by which it is sorted where that is another."""

    text: str
    value: str | None = None


@frozen
class Table:
    """A table under a heading of its own; ``total`` is its last row."""

    id: str
    title: str
    noun: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    note: str = ""


@frozen
class ChargeList:
    """The charges: the columns of their table, and its rows and explanations as JSON that can stand in a page."""

    columns: tuple[Column, ...]
    count: int
    json: str = field(repr=False)
    rules: frozenset[str]


@frozen
class PageContent:
    """Everything that the page shows."""

    title: str
    period: str
    at: str
    zone: str
    figures: tuple[Figure, ...]
    notices: tuple[Notice, ...]
    charts: tuple[PageChart, ...]
    summaries: tuple[Table, ...]
    packs: Table
    charges: ChargeList
    uses: Table | None
    set_aside: Table | None
    rules: tuple[tuple[str, str, str], ...]


def amount(tokens: Decimal | int) -> Cell:
    """Return a cell of an amount or a count."""
    return Cell(grouped(tokens), plain(Decimal(tokens)))
