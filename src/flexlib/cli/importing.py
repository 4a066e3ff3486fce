"""``flexlib import``: exports, usage, packs and seats into a history, which keeps what the vendor deletes."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

import attrs
import click
from attrs import frozen
from rich.text import Text

from flexlib.charging.explanation import JsonValue
from flexlib.cli.console import console, section, table, titled
from flexlib.cli.inputs import Decimals, Inputs, last_day, read_each
from flexlib.cli.options import (
    PATH,
    SET_ASIDE,
    Moment,
    MomentType,
    decimal_option,
    instant,
    json_option,
    name_unread,
    paths_argument,
    times_in_option,
    write_json,
    zone_option,
)
from flexlib.cli.values import SetAside, as_json, rows_set_aside
from flexlib.errors import FlexError, FormatError
from flexlib.formats import merge_exports
from flexlib.history import Added, Fact, History, is_history
from flexlib.model.amounts import counted
from flexlib.providers.registry import load_plugins

SCHEMA = "flexlib-import/1"


@frozen
class ImportedFile:
    """What a file brought into a history."""

    file: str
    new: int
    changed: int
    known: int
    superseded: int
    set_aside: int


@frozen
class Imported:
    """Everything that ``flexlib import`` shows; ``--json`` writes these fields by their names."""

    schema: str
    history: str
    files: list[ImportedFile]
    changes: list[str]
    not_kept: list[str]
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        """Return the same as JSON values."""
        return as_json(attrs.asdict(self))


@click.command("import")
@paths_argument
@click.option("--into", "store", type=PATH, required=True, metavar="HISTORY", help="The history; it is made where there is none.")
@click.option(
    "--known-at", type=MomentType(), help="When the facts became known: now unless given, and never before the newest kept."
)
@click.option("--restore", is_flag=True, help="Where these files hold what a later one has replaced, let it hold again.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another process that has the history locked.",
)
@zone_option
@times_in_option
@decimal_option
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    /,
    *,
    paths: tuple[Path, ...],
    store: Path,
    known_at: Moment | None,
    restore: bool,
    timeout: float,
    zone: tzinfo,
    times_in: tzinfo | None,
    decimal: Decimals | None,
    as_json: bool,
) -> None:
    """Add files to a history, one SQLite file that keeps what the vendor deletes after 14 days.

    PATHS are the vendor's exports, sessions and results, and packs and seats. What is known already changes nothing, so that a file can
    be added twice; a figure that the vendor changed is kept beside the one before, and named. Each file is added whole or not at all, and
    exports in the order of their last days. Import them as you fetch them: what was added last holds.
    """
    moment = None if known_at is None else instant(known_at, zone)
    files = _files(paths, times_in, decimal)
    with History(store, timeout=timedelta(seconds=timeout)) as history:
        added = [(file, inputs, _add_to(history, file, inputs, moment, restore=restore)) for file, inputs in files]
    problems = [_problems(inputs) for _, inputs, _ in added]
    made = Imported(
        SCHEMA,
        str(store),
        [_line(file, parts, own) for (file, inputs, parts), own in zip(added, problems, strict=True) if _is_to_keep(inputs)],
        [str(change) for _, _, parts in added for part in parts for change in part.changed],
        [str(file) for file, inputs, _ in added if inputs.sheets or inputs.products or inputs.offers],
        [item for own in problems for item in rows_set_aside(own)],
    )
    if as_json:
        write_json(made.as_json())
    else:
        _show(made, with_offers=any(inputs.offers for _, inputs, _ in added))
        name_unread(path for _, inputs, _ in added for path in inputs.unread)
    if made.set_aside:
        ctx.exit(SET_ASIDE)


def _files(paths: tuple[Path, ...], times_in: tzinfo | None, decimal: Decimals | None) -> list[tuple[Path, Inputs]]:
    """Return the files with what is in them, in the order in which they are added."""
    files = sorted(read_each(paths, times_in, load_plugins(), decimal=decimal), key=_age)
    for file, _ in files:
        if is_history(file):
            raise FlexError(f"{file} is a history itself: add the files that it was made of")
    if not any(_is_to_keep(inputs) for _, inputs in files):
        named = ", ".join(map(str, paths))
        raise FlexError(f"there is nothing to keep in {named}: give the vendor's exports, sessions and results, or packs and seats")
    return files


def _age(read: tuple[Path, Inputs]) -> date:
    return max(map(last_day, read[1].exports), default=date.min)


def _facts(inputs: Inputs) -> list[Fact]:
    return [*inputs.usage, *inputs.packs, *inputs.seats, *inputs.refunds, *inputs.transfers]


def _is_to_keep(inputs: Inputs) -> bool:
    return bool(inputs.exports or inputs.problems or _facts(inputs))


def _add_to(history: History, file: Path, inputs: Inputs, known_at: datetime | None, *, restore: bool) -> list[Added]:
    """Add what is in a file to a history: an export, or other facts."""
    added = [history.add_export(export, known_at=known_at, restore=restore) for export in inputs.exports]
    if facts := _facts(inputs):
        added.append(history.add(facts, known_at=known_at, source=str(file), restore=restore))
    return added


def _problems(inputs: Inputs) -> list[FormatError]:
    """Return the rows set aside, and those that equal another but for a column that a history does not keep: they count once."""
    return [*inputs.problems, *merge_exports(inputs.exports).problems]


def _line(file: Path, added: list[Added], problems: list[FormatError]) -> ImportedFile:
    return ImportedFile(
        str(file),
        sum(part.new for part in added),
        sum(len(part.changed) for part in added),
        sum(part.known for part in added),
        sum(part.superseded for part in added),
        len(problems),
    )


def _show(made: Imported, *, with_offers: bool) -> None:
    to = console()
    rows = [
        (Text(line.file), str(line.new), str(line.changed), str(line.known), str(line.superseded), str(line.set_aside))
        for line in made.files
    ]
    titled(to, f"Added to {made.history}", table(["file", "new", "changed", "known", "outdated", "set aside"], rows))
    section(to, "Changed", made.changes)
    outdated = sum(line.superseded for line in made.files)
    if outdated:
        to.print(
            f"\nOutdated, as a later file says otherwise: {counted(outdated, 'fact')}. If the old holds again, add it with --restore."
        )
    kinds = "rate sheets, products and offers" if with_offers else "rate sheets and products"
    section(to, f"Not kept in a history: {kinds}, of", made.not_kept)
    section(to, "Set aside, and not in the history", [f"{item.where}: {item.reason}" for item in made.set_aside])
