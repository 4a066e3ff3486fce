"""``flexlib reconcile``: what sessions should have cost against what the vendor says was charged."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import attrs
import click
from attrs import frozen
from rich.text import Text

from flexlib.charging.explanation import JsonValue
from flexlib.cli.console import console, section, table, titled
from flexlib.cli.job import Job, known_by_code
from flexlib.cli.options import SET_ASIDE, Moment, MomentType, both_options, instant, name_unread, write_json
from flexlib.cli.values import SetAside, as_json, rows_set_aside, uses_set_aside
from flexlib.errors import FlexError
from flexlib.model.amounts import counted, plain
from flexlib.providers.registry import load_plugins
from flexlib.reports import Difference, DifferenceCause, Reconciliation, reconcile

SCHEMA = "flexlib-reconcile/1"


@frozen
class CauseLine:
    """The differences of one cause."""

    cause: str
    differences: int
    charged: Decimal
    reported: Decimal


@frozen
class DifferenceLine:
    """A difference, with its reason in words."""

    cause: str
    user: str
    product: str
    day: str
    tokens: Decimal
    reason: str


@frozen
class Reconciled:
    """Everything that ``flexlib reconcile`` shows; ``--json`` writes these fields by their names."""

    schema: str
    charged: Decimal
    reported: Decimal
    matched: int
    unexplained: Decimal
    causes: list[CauseLine]
    differences: list[DifferenceLine]
    changes: list[str]
    set_aside: list[SetAside]

    def as_json(self) -> JsonValue:
        """Return the same as JSON values."""
        return as_json(attrs.asdict(self))


@click.command("reconcile")
@both_options
@click.option("--all", "every", is_flag=True, help="List every difference, not only the unexplained ones.")
@click.option(
    "--at", type=MomentType(), help="When the export was fetched, a date or an instant with a zone: its month may be incomplete."
)
@click.pass_context
def reconcile_(ctx: click.Context, /, *, at: Moment | None, every: bool, as_json: bool, **given: object) -> None:
    """Compare what sessions should have cost with what the vendor's exports say was charged, and name the cause of each difference.

    PATHS hold both: sessions and results, and the vendor's exports or a history; and packs, seats, products and rate sheets, as for
    report. --zone is that in which the vendor dates its rows. Look at what is unexplained.
    """
    job = Job(**given)  # type: ignore[arg-type]  # click gives what the options above say
    made, unread = _reconciled(job, None if at is None else instant(at, job.zone))
    if as_json:
        write_json(made.as_json())
    else:
        _show(made, every=every)
        name_unread(unread)
    if made.set_aside:
        ctx.exit(SET_ASIDE)


def _reconciled(job: Job, as_of: datetime | None) -> tuple[Reconciled, tuple[Path, ...]]:
    registry = load_plugins()
    inputs = job.inputs(registry)
    if not inputs.usage or not inputs.reported:
        missing = "are no sessions or results" if not inputs.usage else "is no export of the vendor's that holds days"
        raise FlexError(f"there {missing} in {', '.join(map(str, job.paths))}: to reconcile, give both")
    inputs, book = job.rated(inputs, registry)
    accounts = job.accounts(inputs, book)
    result = reconcile(
        [charge for account in accounts for charge in account.charges],
        known_by_code(inputs.reported, inputs.catalog),
        accounts=accounts,
        seats=inputs.seats,
        rates=book,
        region=job.region,
        catalog=inputs.catalog,
        zone=job.zone,
        identities=inputs.identities,
        as_of=as_of,
    )
    set_aside = [*rows_set_aside(inputs.problems), *uses_set_aside(accounts)]
    return _made(result, [str(change) for change in inputs.changes], set_aside), inputs.unread


def _made(result: Reconciliation, changes: list[str], set_aside: list[SetAside]) -> Reconciled:
    return Reconciled(
        SCHEMA,
        result.charged,
        result.reported,
        len(result.matched),
        result.unexplained_tokens,
        [CauseLine(cause.value, found.count, found.charged, found.reported) for cause, found in result.by_cause().items()],
        [_difference(difference) for difference in result.differences],
        changes,
        set_aside,
    )


def _difference(difference: Difference) -> DifferenceLine:
    return DifferenceLine(
        difference.cause.value,
        difference.user,
        difference.product,
        difference.day.isoformat(),
        difference.tokens,
        difference.reason,
    )


def _show(made: Reconciled, *, every: bool) -> None:
    to = console()
    to.print(
        f"The sessions cost {counted(made.charged, 'token')}, the vendor reported {counted(made.reported, 'token')}; "
        f"{counted(made.matched, 'match', 'matches')}."
    )
    rows = [
        (Text(line.cause), str(line.differences), plain(line.charged), plain(line.reported), plain(line.charged - line.reported))
        for line in made.causes
    ]
    if rows:
        titled(to, "Differences", table(["cause", "differences", "charged", "reported", "tokens"], rows))
    unexplained = DifferenceCause.UNEXPLAINED.value
    shown = [line for line in made.differences if every or line.cause == unexplained]
    section(to, "All differences" if every else "Unexplained", [_in_words(line) for line in shown])
    to.print(Text(f"\nUnexplained: {counted(made.unexplained, 'token')}.", style="bold"))
    section(to, "Changed by the vendor", made.changes)
    section(to, "Set aside, and not in any figure", [f"{item.where}: {item.reason}" for item in made.set_aside])


def _in_words(line: DifferenceLine) -> str:
    return f"{line.day}, {line.user}, {line.product}: {line.cause}: {line.reason}"
