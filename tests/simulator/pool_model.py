"""What must be read of the pool: what is left of each pack in each team's pool, brought from instant to instant (rules P1 to P5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from attrs import field, frozen
from model import Due, number_of, parts_of, tokens_of

from flexlib import EVERY_TEAM, Refund, TokenPack, Transfer


@frozen
class Picture:
    """All that can be read of the pool at an instant, in parts: by pack and team, or by team."""

    left: dict[tuple[str, str | None], int]
    sums: dict[tuple[str, str | None], int]

    def sum(self, name: str, team: object) -> Decimal:
        """Return a total up to the instant."""
        return tokens_of(sum(parts for (own, pool), parts in self.sums.items() if own == name and team in {EVERY_TEAM, pool}))

    def usable(self, pack_id: str | None, team: object) -> Decimal:
        """Return what a pack, or every pack, still has in a team's pool."""
        return tokens_of(
            sum(parts for (own, pool), parts in self.left.items() if pack_id in {None, own} and team in {EVERY_TEAM, pool})
        )


@frozen
class Pool:
    """The pool of charges, packs, refunds and transfers (rules P1 to P5)."""

    charges: Sequence[Due]
    packs: Sequence[TokenPack]
    refunds: Sequence[Refund]
    transfers: Sequence[Transfer]
    left: dict[tuple[str, str | None], int] = field(factory=dict, init=False)
    sums: dict[tuple[str, str | None], int] = field(factory=lambda: defaultdict(int), init=False)
    paid: dict[str, list[tuple[str, str | None, int]]] = field(factory=lambda: defaultdict(list), init=False)
    starts: dict[str, int] = field(init=False)
    ends: dict[str, int] = field(init=False)

    @starts.default
    def _starts(self) -> dict[str, int]:
        return {pack.id: number_of(pack.starts_at) for pack in self.packs}

    @ends.default
    def _ends(self) -> dict[str, int]:
        return {pack.id: number_of(pack.expires_at) for pack in self.packs}

    def pictures(self, instants: Iterable[int]) -> dict[int, Picture]:
        """Return what can be read at instants."""
        happens: dict[int, list[object]] = {now: [] for now in (*instants, *self.starts.values(), *self.ends.values())}
        for move in sorted(self.transfers, key=lambda one: (one.from_team or "", one.to_team or "", one.id or "")):
            happens.setdefault(number_of(move.at), []).append(move)
        for due in self.charges:
            happens.setdefault(due.at, []).append(due)
        for refund in sorted(self.refunds, key=lambda one: (one.charge_id, one.id or "")):
            happens.setdefault(number_of(refund.at), []).append(refund)
        found = {}
        for now in sorted(happens):
            self._live_through(now, happens[now])
            found[now] = Picture(dict(self.left), dict(self.sums))
        return found

    def _live_through(self, now: int, happens: Iterable[object]) -> None:
        for (own, team), parts in self.left.items():
            if parts and self.ends[own] <= now:
                self.sums["expired", team] += parts
                self.left[own, team] = 0
        for pack in self.packs:
            if self.starts[pack.id] == now:
                self.left[pack.id, pack.team] = parts_of(pack.tokens)
                self.sums["purchased", pack.team] += parts_of(pack.tokens)
        for one in happens:
            if isinstance(one, Transfer):
                for pack_id, parts in self._take(one.from_team, parts_of(one.tokens), now):
                    self.left[pack_id, one.to_team] = self.left.get((pack_id, one.to_team), 0) + parts
            elif isinstance(one, Due):
                self._pay(one)
            else:
                self._return(one, now)

    def _pay(self, due: Due) -> None:
        has_pool = any(team == due.team for _, team in self.left)
        team, lacking = due.team if has_pool else None, due.parts
        for pack_id, parts in self._take(team, due.parts, due.at):
            lacking -= parts
            self.sums["drawn", team] += parts
            self.paid[due.id].append((pack_id, team, parts))
        self.sums["shortfall", team] += lacking

    def _take(self, team: str | None, parts: int, now: int) -> Iterator[tuple[str, int]]:
        """Take tokens from the pack that comes first, again and again (rule P2)."""
        while parts:
            full = [pack for pack in self.packs if self.ends[pack.id] > now and self.left.get((pack.id, team), 0)]
            if not full:
                return
            first = min(full, key=lambda pack: (pack.expires_at, pack.tokens, pack.starts_at, pack.id))
            taken = min(parts, self.left[first.id, team])
            self.left[first.id, team] -= taken
            parts -= taken
            yield first.id, taken

    def _return(self, refund: Refund, now: int) -> None:
        due, paid = parts_of(refund.tokens), self.paid[refund.charge_id]
        while due and paid:
            pack_id, team, parts = paid.pop()
            back = min(due, parts)
            due -= back
            if back < parts:
                paid.append((pack_id, team, parts - back))
            self.sums["drawn", team] -= back
            if self.ends[pack_id] <= now:
                self.sums["expired", team] += back
            else:
                self.left[pack_id, team] += back
