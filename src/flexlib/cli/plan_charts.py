"""The charts of ``flexlib plan``: where they are written, and how they look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import frozen

from flexlib.cli.options import Decorator, given
from flexlib.errors import FlexError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from flexlib.reports.charts import Theme

LIGHT_THEME, DARK_THEME = "light", "dark"


class ChartFileType(click.ParamType[Path]):
    """A file for a chart, of a kind that can be written, in a folder that is there."""

    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the file."""
        path = Path(str(value))
        if path.suffix.lower() not in {".svg", ".png"}:
            self.fail(f"{path} is no file whose name ends in .svg or .png", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


chart_options: Decorator = given(
    click.option("--chart", type=ChartFileType(), metavar="FILE", help="Write a chart, too: .svg or .png."),
    click.option(
        "--theme",
        type=click.Choice([LIGHT_THEME, DARK_THEME]),
        default=LIGHT_THEME,
        show_default=True,
        help="The colours of the chart.",
    ),
)
"""A chart beside the tables."""


@frozen
class ChartFile:
    """Where a chart is to be written, None for none, and in which colours.

    Raises:
        MissingExtraError: A chart is wanted, and Matplotlib is not installed.
    """

    path: Path | None
    theme: str

    def __attrs_post_init__(self) -> None:
        if self.path is not None:
            import flexlib.reports.charts.style  # noqa: F401, PLC0415  # so that a missing extra is told before the work

    def write(self, draw: Callable[[Theme], Figure]) -> None:
        """Draw the chart and write it, where it is wanted."""
        if self.path is None:
            return
        from flexlib.reports.charts import DARK, LIGHT, save_chart  # noqa: PLC0415  # needs the extra plot

        try:
            save_chart(draw(DARK if self.theme == DARK_THEME else LIGHT), self.path)
        except OSError as error:
            raise FlexError(f"the chart cannot be written to {self.path}: {error.strerror}") from error
