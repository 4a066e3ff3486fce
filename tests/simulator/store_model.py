"""What must be known: every version of every fact, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from flexlib import ReportedUse, Seat, TokenPack


def key_of(fact: object) -> object:
    """Return what is the same in all versions of a fact, as the reference documents it."""
    if isinstance(fact, ReportedUse):
        return ("reported", fact.user, fact.product, fact.day)
    if isinstance(fact, TokenPack):
        return ("pack", fact.id)
    return ("seat", fact.user, frozenset(fact.products), fact.starts_at) if isinstance(fact, Seat) else fact


def said(content: frozenset[object]) -> object:
    """Return what a version says: reported rows their tokens by team, anything else itself."""
    rows = [fact for fact in content if isinstance(fact, ReportedUse)]
    if not rows:
        return content
    return {team: sum(row.tokens for row in rows if row.team == team) for team in {row.team for row in rows}}


@frozen
class Store:
    """Every version of every fact, each with the instant since which it is known."""

    versions: dict[object, list[tuple[datetime, frozenset[object]]]] = field(factory=dict)

    def add(self, at: datetime, facts: Sequence[object]) -> tuple[int, int, int, int]:
        """Add facts, and return how many were new, known, changed and superseded."""
        counts = {"new": 0, "known": 0, "changed": 0, "superseded": 0}
        met = set()
        for fact in facts:
            if isinstance(fact, ReportedUse):  # all rows of one user, product and day are one
                if key_of(fact) in met:
                    continue
                met.add(key_of(fact))
                content = frozenset(one for one in facts if isinstance(one, ReportedUse) and key_of(one) == key_of(fact))
            else:
                content = frozenset([fact])
            counts[self._place(key_of(fact), at, content)] += 1
        return tuple(counts.values())

    def _place(self, key: object, at: datetime, content: frozenset[object]) -> str:
        held = self.versions.setdefault(key, [])
        says = [said(version) for _, version in held]
        if says and said(content) == says[-1]:
            return "known"
        if said(content) in says:
            return "superseded"
        held.append((at, content))
        return "changed" if says else "new"

    def ever(self, fact: object) -> bool:
        """Tell whether a fact was told before."""
        return any(fact in content for _, content in self.versions.get(key_of(fact), ()))

    def known(self, at: datetime) -> set[object]:
        """Return the facts as they were known at an instant."""
        last = [[content for known_at, content in held if known_at <= at][-1:] for held in self.versions.values()]
        return {fact for versions in last for version in versions for fact in version}
