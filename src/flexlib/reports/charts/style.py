"""How charts look: two themes, series that colour-blind readers and grey prints tell apart, and files that are the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

from attrs import field, frozen

from flexlib.errors import InvalidValueError
from flexlib.extras import required
from flexlib.replacing import replacing

with required("plot"):
    from matplotlib import rc_context
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

Dash: TypeAlias = str | tuple[float, tuple[float, ...]]
"""A line style as Matplotlib takes it: a name, or an offset with the points that are drawn and left out in turn."""

DASHES: tuple[Dash, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "ooo", "+++")

_WITHOUT_DATE = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
_DOTS_PER_INCH = 144


@frozen
class SeriesStyle:
    """How one series of a chart is drawn.

    Attributes:
        colour: The colour of its line or area, such as ``#0072B2``.
        dash: The line style.
        marker: The marker of its points.
        hatch: The hatch of its area or bars, empty for none.

    .. versionadded:: 0.1.0
    """

    colour: str
    dash: Dash
    marker: str
    hatch: str


@frozen
class Theme:
    """The colours of a chart, each as ``#RRGGBB``.

    Attributes:
        name: What it is called.
        background: Behind everything.
        text: Titles, labels, ticks, and lines that are no series.
        grid: The grid, and frames.
        colours: Those of series. Each has a contrast of 3:1 or more to the background (WCAG 2.2, 1.4.11); any two differ to readers with
            protanopia, deuteranopia and tritanopia too, and any two that follow each other differ in grey.

    .. versionadded:: 0.1.0
    """

    name: str
    background: str
    text: str
    grid: str
    colours: tuple[str, ...] = field(converter=tuple[str, ...])

    def series(self, number: int) -> SeriesStyle:
        """Return the style of a series, counted from 0; any eight that follow each other differ in marker and in hatch.

        After the last colour the first comes again, with another dash, marker and hatch.

        .. versionadded:: 0.1.0
        """
        return SeriesStyle(
            self.colours[number % len(self.colours)],
            DASHES[number % len(DASHES)],
            MARKERS[number % len(MARKERS)],
            HATCHES[number % len(HATCHES)],
        )


# The colours of Okabe and Ito (Color Universal Design, 2008), made darker or lighter until they meet what `Theme` says of them.
LIGHT = Theme(
    name="light",
    background="#FFFFFF",
    text="#1F2328",
    grid="#D0D7DE",
    colours=("#0072B2", "#CB8210", "#005540", "#BA4500", "#399BD0", "#AE5D8D", "#252729"),
)
DARK = Theme(
    name="dark",
    background="#14181F",
    text="#E6EDF3",
    grid="#3A424D",
    colours=("#8BD0FF", "#E69F00", "#009E73", "#F0E442", "#D55E00", "#D582B1", "#F2F2F2"),
)


def axes(
    theme: Theme,
    title: str,
    x_label: str = "",
    y_label: str = "",
    size: tuple[float, float] = (8.0, 4.5),
) -> tuple[Figure, Axes]:
    """Return an empty chart: a figure, of its own and known to no other, and its axes.

    Args:
        theme: The colours.
        title: The title, as it is: no text is read as mathematics.
        x_label: What the axis across tells, with its unit; likewise.
        y_label: What the axis up tells, with its unit; likewise.
        size: Width and height in inches.

    .. versionadded:: 0.1.0
    """
    figure = Figure(figsize=size, dpi=_DOTS_PER_INCH, facecolor=theme.background, layout="constrained")
    figure.set_label(title)
    drawn = figure.add_subplot(1, 1, 1, facecolor=theme.background)
    drawn.set_title(title, loc="left", color=theme.text, parse_math=False)
    drawn.set_xlabel(x_label, color=theme.text, parse_math=False)
    drawn.set_ylabel(y_label, color=theme.text, parse_math=False)
    drawn.tick_params(colors=theme.text, which="both")
    drawn.spines[["top", "right"]].set_visible(False)
    drawn.spines[["left", "bottom"]].set_color(theme.grid)
    drawn.grid(axis="y", color=theme.grid, linewidth=0.8)
    drawn.set_axisbelow(True)
    return figure, drawn


def legend(figure: Figure, theme: Theme, entries: Sequence[tuple[str, Artist]], *, columns: int = 3) -> Legend:
    """Return a legend that is put below the axes of a figure, where it covers nothing.

    Args:
        figure: The figure.
        theme: The colours.
        entries: The series in order: what each is called, as it is, and what was drawn of it.
        columns: How many stand side by side.

    .. versionadded:: 0.1.0
    """
    made = figure.legend(
        [artist for _, artist in entries],
        [str(number) for number in range(len(entries))],
        loc="outside lower center",
        ncols=columns,
        handlelength=3.5,  # long enough that dashes are told apart
        facecolor=theme.background,
        edgecolor=theme.grid,
        labelcolor=theme.text,
    )
    for text, (name, _) in zip(made.get_texts(), entries, strict=True):
        text.set_parse_math(False)
        text.set_text(name)  # and not before, as Matplotlib 3.9 leaves out what is called _something
    return made


def save_chart(figure: Figure, path: str | Path) -> None:
    """Write a figure as SVG or PNG; the same figure gives the same bytes with one version of Matplotlib.

    Neither the time nor the version is written. A file that is there is replaced, by the whole of the new one or not at all.

    Args:
        figure: The figure.
        path: The file; its suffix, ``.svg`` or ``.png``, tells the format.

    Raises:
        InvalidValueError: The suffix is another one.
        OSError: The file cannot be written.

    .. versionadded:: 0.1.0
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _WITHOUT_DATE:
        raise InvalidValueError("path", str(path), "a file whose name ends in .svg or .png")
    drawn = _drawn(figure, kind)
    with replacing(path) as beside:
        beside.write_bytes(drawn)


def chart_svg(figure: Figure) -> str:
    """Return a figure as the text of an SVG document, the same that `save_chart` writes.

    Args:
        figure: The figure.

    .. versionadded:: 0.1.0
    """
    return _drawn(figure, "svg").decode()


def _drawn(figure: Figure, kind: str) -> bytes:
    drawn = BytesIO()
    metadata = {"Title": str(figure.get_label()), **_WITHOUT_DATE[kind]}
    with rc_context({"svg.hashsalt": "flexlib"}):  # else the ids in an SVG are random
        figure.savefig(drawn, format=kind, metadata=metadata, facecolor=figure.get_facecolor(), dpi=_DOTS_PER_INCH)
    return drawn.getvalue()
