"""What a history gives back: what was added, what changed, what is known, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from flexlib.history.facts import Fact, agree
from flexlib.model.amounts import counted, plain
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.reported import ReportedSummary, ReportedTotal, ReportedUse
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session


class ExportedRows(Protocol):
    """What `History.add_export` takes: rows with their numbers in a file, such as `flexlib.formats.Export`.

    .. versionadded:: 0.1.0
    """

    @property
    def rows(self) -> Sequence[Fact]:
        """The facts."""
        ...

    @property
    def numbers(self) -> Sequence[int]:
        """The number in the file of each of them."""
        ...

    @property
    def file(self) -> str:
        """The name of the file."""
        ...


@frozen
class Change:
    """Another version of a fact than the one known before.

    Attributes:
        kind: The kind of fact: ``reported use``, ``pack`` or ``seat``; the others do not change.
        key: Which fact it is, in words: the user, product and day; the pack's id; the user, products and start of the seat.
        before: What was known: one value, or the reported rows of that user, product and day.
        after: What is known since.
        known_at: Since when.
        source: Where it came from, None where that was not said.

    .. versionadded:: 0.1.0
    """

    kind: str
    key: str
    before: tuple[Fact, ...]
    after: tuple[Fact, ...]
    known_at: datetime
    source: str | None = None

    @property
    def adds_names(self) -> bool:
        """Tell whether the tokens are as before, and only teams or features are named that were not.

        .. versionadded:: 0.1.0
        """
        return isinstance(self.after[0], ReportedUse) and agree(self.before, self.after)

    def __str__(self) -> str:
        before, after = (" and ".join(map(_said, side)) for side in (self.before, self.after))
        return f"{self.kind} {self.key}: {before}, then {after}"


@frozen
class Added:
    """What became of the facts of one `History.add`; the reported rows of one user, product and day count as one fact.

    Attributes:
        new: How many were not known.
        known: How many were known as they are.
        changed: The facts of which another version was known; this one now stands.
        superseded: How many repeat a version that another has replaced since; they change nothing.

    .. versionadded:: 0.1.0
    """

    new: int = 0
    known: int = 0
    changed: tuple[Change, ...] = ()
    superseded: int = 0


@frozen
class Import:
    """An add that brought something new.

    Attributes:
        id: Its number in the history, from 1.
        source: Where the facts came from: the file of an export, or what the caller named; None where that was not said.
        known_at: When they became known.
        new: How many facts were not known.
        known: How many were known as they are.
        changed: Of how many another version was known.
        superseded: How many repeated a version that another had replaced.

    .. versionadded:: 0.1.0
    """

    id: int
    source: str | None
    known_at: datetime
    new: int
    known: int
    changed: int
    superseded: int


@frozen
class Origin:
    """Where a fact was first met.

    Attributes:
        source: The file of an export, or what the caller named; None where that was not said.
        row: The number of the row in the file, None where it came from none.
        known_at: When it became known.

    .. versionadded:: 0.1.0
    """

    source: str | None
    row: int | None
    known_at: datetime


@frozen
class KnownFacts:
    """What is known at an instant, each kind in a fixed order, ready for the functions that charge and settle.

    Attributes:
        usage: Sessions and results, by their beginning.
        reported: Rows of the vendor's report, by day.
        packs: Packs, by start.
        seats: Seats, by start.
        refunds: Refunds, in time order.
        transfers: Transfers, in time order.
        summaries: Rows of the vendor's Usage Report, by user and product.
        totals: Totals of the vendor's enterprise reporting, by month.

    .. versionadded:: 0.1.0
    """

    usage: tuple[Session | ResultUse, ...] = ()
    reported: tuple[ReportedUse, ...] = ()
    packs: tuple[TokenPack, ...] = ()
    seats: tuple[Seat, ...] = ()
    refunds: tuple[Refund, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    summaries: tuple[ReportedSummary, ...] = ()
    totals: tuple[ReportedTotal, ...] = ()


def change_of(kind: str, before: tuple[Fact, ...], after: tuple[Fact, ...], known_at: datetime, source: str | None) -> Change:
    """Return a change, with its key in words."""
    return Change(kind, _key(after[0]), before, after, known_at, source)


def _key(fact: Fact) -> str:
    if isinstance(fact, ReportedUse):
        return f"{fact.user}, {fact.product}, {fact.day.isoformat()}"
    if isinstance(fact, Seat):
        return f"{fact.user}, {' and '.join(sorted(set(fact.products)))}, from {fact.starts_at.isoformat()}"
    return fact.id if isinstance(fact, TokenPack) else str(fact)


def _said(fact: Fact) -> str:
    """Return what a version of a fact says, without its key."""
    if isinstance(fact, ReportedUse):
        names = [f"{what} {name}" for what, name in (("team", fact.team), ("feature", fact.feature)) if name is not None]
        return f"{counted(fact.tokens, 'token')}{' (' + ', '.join(names) + ')' if names else ''}"
    if isinstance(fact, Seat):
        return f"until {fact.ends_at.isoformat()}" if fact.ends_at else "without an end"
    if isinstance(fact, TokenPack):
        parts = [counted(fact.tokens, "token"), f"{fact.starts_at.isoformat()} to {fact.expires_at.isoformat()}"]
        parts += [] if fact.price is None else [f"for {plain(fact.price)} {fact.currency or ''}".rstrip()]
        return ", ".join(parts + ([] if fact.team is None else [f"team {fact.team}"]))
    return str(fact)
