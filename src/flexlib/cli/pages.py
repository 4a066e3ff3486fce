"""``--html``: the report as one HTML file."""

from __future__ import annotations

import warnings
from datetime import datetime, tzinfo
from pathlib import Path

import click
from attrs import frozen

from flexlib.cli.job import Case
from flexlib.cli.options import Decorator
from flexlib.errors import FlexError, MissingExtraError
from flexlib.extras import required
from flexlib.replacing import replacing
from flexlib.reports.page import PageChart, page

TITLE = "Autodesk Flex tokens"
_NO_CHARTS = 'The page has no charts, as these need the package {!r}: pip install "flexlib[{}]"'
_NO_GLYPHS = "Some names have letters that the font of the charts does not have: there they are boxes; the tables show them"


class HtmlFileType(click.ParamType[Path]):
    """A file for a page, in a folder that is there."""

    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the file."""
        path = Path(str(value))
        if path.suffix.lower() not in {".html", ".htm"}:
            self.fail(f"{path} is no file whose name ends in .html", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


html_option: Decorator = click.option(
    "--html", type=HtmlFileType(), metavar="FILE", help="Write the report as a page, one .html file, instead of tables."
)


@frozen
class PageFile:
    """Where a page is to be written.

    Raises:
        MissingExtraError: What writes pages is not installed: it is told before the work.
    """

    path: Path

    def __attrs_post_init__(self) -> None:
        with required("page"):
            import flexlib.reports.page.rendering  # noqa: F401, PLC0415  # it needs the extra page

    def write(self, case: Case, at: datetime, zone: tzinfo, *, title: str = TITLE) -> None:
        """Write the page about a case at an instant, whole or not at all; a file that is there is replaced.

        Raises:
            FlexError: The file cannot be written.
        """
        text = page(
            case.ledger,
            at=at,
            zone=zone,
            title=title,
            catalog=case.inputs.catalog,
            accounts=case.accounts,
            charts=_charts(case, at, zone),
            set_aside=case.inputs.problems,
        )
        _write_whole(self.path, text)


def _write_whole(path: Path, text: str) -> None:
    try:
        with replacing(path) as beside:
            beside.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise FlexError(f"the page cannot be written to {path}: {error.strerror or error}") from error


def _charts(case: Case, at: datetime, zone: tzinfo) -> list[PageChart]:
    """Return the charts of a page; none, with a line on standard error, where what draws them is not installed."""
    try:
        with required("plot"):
            from flexlib.cli.page_charts import page_charts  # noqa: PLC0415  # it needs the extra plot
    except MissingExtraError as error:
        click.echo(_NO_CHARTS.format(error.package, error.extra), err=True)
        return []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made = page_charts(case, at, zone)
    others = [warning for warning in told if "missing from font" not in str(warning.message)]
    if len(others) < len(told):
        click.echo(_NO_GLYPHS, err=True)
    for warning in others:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return made
