"""The pool under a large number of charges: a ledger of their sums, and from it what each charge lacked.

Between two instants at which tokens come in or go, or a reading is taken, the order in which charges draw on a pool changes no balance;
and where the pool runs dry, the first charges are paid, one perhaps in part, and the others are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from attrs import evolve

from flexlib.charging.bulk import collector_paused
from flexlib.charging.charges import Charge
from flexlib.cli.inputs import Inputs
from flexlib.cli.large_charges import Charges
from flexlib.cli.report import ShortfallLine
from flexlib.pool.entries import EntryKind, Shortfall
from flexlib.pool.ledger import Ledger, settle
from flexlib.scale.arrays import Places, as_instant, as_ticks
from flexlib.scale.rating import scaled, unscaled


class Sums(NamedTuple):
    """Charges in stretches, of which each is summed team by team.

    Attributes:
        starts: The place of the first charge of each stretch, and the number of the charges.
        charges: The sums as charges, in order.
        members: The stretch and the place of the team of each sum, by its id.
    """

    starts: Places
    charges: list[Charge]
    members: dict[str, tuple[int, int]]


def sums_of(charges: Charges, inputs: Inputs, at: datetime) -> Sums:
    """Return charges summed up between the instants at which the pools change in another way, or are read.

    A charge that is refunded is a stretch by itself, under its own id.
    """
    alone = _places_of(charges, {refund.charge_id for refund in inputs.refunds})
    starts = _starts(charges, inputs, at, alone)
    stretch = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    width = max(len(charges.teams), 1)
    keys, own = np.unique(stretch * width + charges.team, return_inverse=True)
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, own, charges.tokens)
    made: list[Charge] = []
    members: dict[str, tuple[int, int]] = {}
    for key, tokens in zip(keys.tolist(), sums.tolist(), strict=True):
        number, team = divmod(key, width)
        name = alone.get(int(starts[number]), f"\0sum {key}")
        last = as_instant(int(charges.at[starts[number + 1] - 1]))
        made.append(evolve(Charge(f"{number:018}", "sum", last, unscaled(tokens), team=charges.teams[team]), id=name))
        members[name] = (number, team)
    return Sums(starts, made, members)


def settle_sums(sums: Sums, inputs: Inputs) -> Ledger:
    """Return the ledger of sums, whose balances are those of the charges."""
    return settle(sums.charges, inputs.packs, refunds=inputs.refunds, transfers=inputs.transfers)


def shortfall_lines(charges: Charges, sums: Sums, ledger: Ledger, at: datetime) -> list[ShortfallLine]:
    """Return what each charge, and each transfer, lacked by an instant."""
    gaps = [gap for gap in ledger.shortfalls if gap.at <= at]
    moved = [gap for gap in gaps if gap.kind is EntryKind.TRANSFER]
    short = [gap for gap in gaps if gap.kind is EntryKind.DRAW]
    lines = [ShortfallLine(gap.at, gap.tokens, gap.team, gap.reference, gap.reference) for gap in moved]
    lines += _lines(charges, _lacks(charges, sums, ledger, short))
    return sorted(lines, key=lambda line: line.at) if moved else lines


def _places_of(charges: Charges, ids: set[str]) -> dict[int, str]:
    """Return the places of the charges that have ids."""
    found: dict[int, str] = {}
    for place in range(len(charges.at)):
        if len(found) == len(ids):
            break
        name = charges.charge(place).id
        if name in ids:
            found[place] = name
    return found


def _starts(charges: Charges, inputs: Inputs, at: datetime, alone: Iterable[int]) -> Places:
    """Return where stretches start. At one instant packs and transfers come before charges, refunds and readings after them."""
    before = [instant for pack in inputs.packs for instant in (pack.starts_at, pack.expires_at)]
    before += [transfer.at for transfer in inputs.transfers]
    after = [at, *(refund.at for refund in inputs.refunds)]
    starts = {0, len(charges.at), *(place + end for place in alone for end in (0, 1))}
    starts.update(np.searchsorted(charges.at, [as_ticks(instant) for instant in before], "left").tolist())
    starts.update(np.searchsorted(charges.at, [as_ticks(instant) for instant in after], "right").tolist())
    return np.array(sorted(starts), np.int64)


class _Lack(NamedTuple):
    """What charges lacked of the tokens of a pool: their places, and how much, in millionths."""

    pool: str | None
    places: Places
    tokens: Places


def _lacks(charges: Charges, sums: Sums, ledger: Ledger, short: Sequence[Shortfall]) -> Iterator[_Lack]:
    """Yield what charges lacked, of one stretch and pool at a time."""
    pools = {entry.reference: entry.team for entry in ledger.history() if entry.kind is EntryKind.DRAW}
    pools |= {gap.reference: gap.team for gap in short}
    teams: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for reference, pool in pools.items():
        if reference is not None:
            number, team = sums.members[reference]
            teams[number, pool].append(team)
    lacking: dict[tuple[int, str | None], int] = defaultdict(int)
    for gap in short:
        lacking[sums.members[gap.reference][0], gap.team] += scaled(gap.tokens)
    for (number, pool), tokens in lacking.items():
        start, end = sums.starts[number : number + 2].tolist()
        own = start + np.flatnonzero(np.isin(charges.team[start:end], teams[number, pool]))
        reached = np.cumsum(charges.tokens[own])
        lack = np.clip(reached - (int(reached[-1]) - tokens), 0, charges.tokens[own])
        some = np.flatnonzero(lack)
        yield _Lack(pool, own[some], lack[some])


def _lines(charges: Charges, lacks: Iterable[_Lack]) -> list[ShortfallLine]:
    """Return a line for each charge that lacked tokens, in the order of the charges."""
    lines: dict[int, ShortfallLine] = {}
    with collector_paused():
        for pool, places, tokens in lacks:
            for place, lack in zip(places.tolist(), tokens.tolist(), strict=True):
                charge = charges.charge(place)
                lines[place] = ShortfallLine(charge.at, unscaled(lack), pool, charge.id, f"{charge.user}'s {charge.product}")
    return [lines[place] for place in sorted(lines)]
