"""The charges of the page with their explanations, as JSON in which texts that come often stand once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from attrs import field, frozen

from flexlib.charging.charges import Charge, WindowCause
from flexlib.charging.explanation import Explanation
from flexlib.model.usage import Session
from flexlib.pool.entries import EntryKind, LedgerEntry, Shortfall
from flexlib.pool.explaining import explain_charge
from flexlib.pool.ledger import Ledger
from flexlib.reports.page.values import ChargeList, Column
from flexlib.reports.page.wording import Clock, cut_at_instants, grouped, money

Json: TypeAlias = "str | int | list[Json]"

_CAUSES = {
    WindowCause.LAUNCH: "Launched",
    WindowCause.STILL_OPEN: "Still in use after 24 hours",
    WindowCause.RESUMED: "Use came back after a pause",
    WindowCause.SEAT_ENDED: "Seat ended",
}


@frozen
class _Texts:
    """Distinct texts by their number, in the order in which they were first met."""

    numbers: dict[object, int] = field(factory=dict)

    def number(self, text: object) -> int:
        return self.numbers.setdefault(text, len(self.numbers))


@frozen
class _Past:
    """What had happened to charges by an instant: entries and shortfalls by the charge's id."""

    entries: dict[str, list[LedgerEntry]] = field(factory=lambda: defaultdict(list))
    shortfalls: dict[str, list[Shortfall]] = field(factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, ledger: Ledger, at: datetime) -> _Past:
        past = cls()
        for entry in ledger.history():
            if entry.at <= at and entry.kind in {EntryKind.DRAW, EntryKind.REFUND} and entry.reference is not None:
                past.entries[entry.reference].append(entry)
        for gap in ledger.shortfalls:
            if gap.kind is EntryKind.DRAW:
                past.shortfalls[gap.reference].append(gap)
        return past


@frozen
class _Writer:
    """Writes charges as rows of JSON."""

    past: _Past
    clock: Clock
    names: Mapping[str, str]
    costs: Mapping[str, Mapping[str, Decimal]]
    currencies: Sequence[str]
    teams: bool
    sentences: _Texts = field(factory=_Texts)
    rules: _Texts = field(factory=_Texts)

    @property
    def columns(self) -> tuple[Column, ...]:
        team = (Column("Team"),) if self.teams else ()
        costs = (Column(f"Cost ({currency})", "number") for currency in self.currencies)
        return (
            Column("Date", "date"),
            Column("User"),
            Column("Product"),
            *team,
            Column("Tokens", "number"),
            Column("Cause"),
            *costs,
        )

    def cells(self, charge: Charge) -> list[str]:
        """Return what the columns show of a charge."""
        team = [charge.team or ""] if self.teams else []
        own = self.costs.get(charge.id, {})
        costs = [money(own[currency], currency) if currency in own else "" for currency in self.currencies]
        product = self.names.get(charge.product, charge.product)
        return [self._when(charge), charge.user, product, *team, grouped(charge.tokens), _cause(charge), *costs]

    def reasons(self, charge: Charge) -> list[Json]:
        """Return the explanation of a charge: its id, its rules, and for each line its sentence and the instants in it."""
        entries = self.past.entries.get(charge.id, [])
        why = explain_charge(charge, entries, self.past.shortfalls.get(charge.id, []))
        shown = self._instants(charge, entries)
        return [charge.id, self.rules.number(tuple(dict.fromkeys(why.rules))), *self._lines(why, shown)]

    def _lines(self, why: Explanation, shown: Mapping[str, str]) -> Iterable[Json]:
        for line in why.lines:
            sentence, instants = cut_at_instants(line, shown)
            yield [self.sentences.number(sentence), *instants]

    def _instants(self, charge: Charge, entries: Sequence[LedgerEntry]) -> dict[str, str]:
        """Return how the instants of a charge's explanation are shown, by their text in it."""
        use = charge.opened_by
        instants = [entry.at for entry in entries]
        instants += [charge.window.end] if charge.window else []
        if isinstance(use, Session):
            instants += [use.opened_at, *([use.closed_at] if use.closed_at else [])]
        shown = {instant.isoformat(): self.clock.show(instant) for instant in instants}
        return shown | {charge.at.isoformat(): self._when(charge)}

    def _when(self, charge: Charge) -> str:
        """Return the instant of a charge, of one that the vendor reported its day."""
        return charge.reported.day.isoformat() if charge.reported else self.clock.show(charge.at)


def charge_list(
    ledger: Ledger,
    charges: Sequence[Charge],
    at: datetime,
    *,
    clock: Clock,
    names: Mapping[str, str],
    costs: Mapping[str, Mapping[str, Decimal]],
) -> ChargeList:
    """Return charges of a ledger in time order, each with what had become of it by an instant."""
    currencies = sorted({currency for own in costs.values() for currency in own})
    teams = any(charge.team for charge in charges)
    writer = _Writer(_Past.of(ledger, at), clock, names, costs, currencies, teams)
    words = [_Texts() for _ in writer.columns]
    rows: list[Json] = []
    for charge in charges:
        cells: list[Json] = [own.number(text) for own, text in zip(words, writer.cells(charge), strict=True)]
        rows.append([cells, writer.reasons(charge)])
    written = {
        "kinds": [column.kind for column in writer.columns],
        "words": [list(own.numbers) for own in words],
        "sentences": list(writer.sentences.numbers),
        "rules": list(writer.rules.numbers),
        "rows": rows,
    }
    rules = {rule for cited in writer.rules.numbers if isinstance(cited, tuple) for rule in cited}
    return ChargeList(writer.columns, len(rows), _in_a_page(written), frozenset(rules))


def _cause(charge: Charge) -> str:
    if charge.window:
        return _CAUSES[charge.window.cause]
    if charge.result:
        return "Result"
    return "Reported by the vendor" if charge.reported else "Not recorded"


def _in_a_page(value: object) -> str:
    """Return JSON in which no parser of HTML sees a tag or a comment."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
