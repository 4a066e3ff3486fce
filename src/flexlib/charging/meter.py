"""The meter: charging as use happens, with the results of the batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from threading import RLock

from attrs import evolve, frozen

from flexlib.charging.charges import Charge
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.charging.rating import Rater, both, sort_charges, split_usage
from flexlib.charging.spans import UseRules
from flexlib.charging.windows import open_windows
from flexlib.errors import LateUsageError
from flexlib.model.instants import as_utc
from flexlib.model.products import Catalog
from flexlib.model.ratebook import RateBook
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session, Use, began
from flexlib.model.wire import from_json, to_json


@frozen
class MeterChange:
    """What feeding use to a meter changed.

    Attributes:
        added: Charges that are new, in time order.
        withdrawn: Charges that are no more, since earlier use came in late and moved the windows; empty while use comes in time order.

    .. versionadded:: 0.1.0
    """

    added: list[Charge]
    withdrawn: list[Charge]


@frozen
class _Track:
    """The use of one user and product that is not sealed yet, and the end of the last window that is."""

    sealed_end: datetime | None = None
    sessions: tuple[Session, ...] = ()
    results: tuple[ResultUse, ...] = ()
    charges: tuple[Charge, ...] = ()


@frozen
class _TrackState:
    user: str
    product: str
    sealed_end: datetime | None
    sessions: list[Session]
    results: list[ResultUse]


@frozen
class _MeterState:
    sealed_until: datetime | None
    tracks: list[_TrackState]


class Meter:
    """Charges use as it happens: fed in any order and in any portions, its charges equal those of `charge_usage` for all of it.

    Use that comes late is replayed exactly: `feed` says which charges it added and which it withdrew. So that a meter need not keep
    everything, `seal` makes the charges before an instant final and forgets what they need no more; use that opened before
    that instant is refused from then on.

    Threads may share a meter, and take turns. A copy, also one that goes to another process, is a meter of its own.

    Args:
        rates: The rate book.
        region: The region whose rates go first (rule R2).
        seats: The seats, used first (rule C8).
        policy: The charge policy.
        catalog: The catalogue that finds products by their names, or None to take names as codes.

    >>> from datetime import UTC, date, datetime
    >>> from flexlib import Rate, RateSheet
    >>> meter = Meter(RateBook([RateSheet("2021", [Rate("revit", 10, effective_from=date(2021, 12, 21))])]))
    >>> change = meter.feed([Session("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC))])
    >>> [str(charge.tokens) for charge in change.added]
    ['10']

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        rates: RateBook,
        *,
        region: str | None = None,
        seats: Iterable[Seat] = (),
        policy: ChargePolicy = FLEX,
        catalog: Catalog | None = None,
    ) -> None:
        self._rates = rates
        self._region = region
        self._seats = tuple(seats)
        self._policy = policy
        self._catalog = catalog
        self._sealed_until: datetime | None = None
        self._tracks: dict[tuple[str, str], _Track] = {}
        self._lock = RLock()

    def __getstate__(self) -> dict[str, object]:
        with self._lock:
            return {**vars(self), "_tracks": dict(self._tracks), "_lock": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state, _lock=RLock())

    @property
    def charges(self) -> list[Charge]:
        """The charges that are not sealed, in time order.

        .. versionadded:: 0.1.0
        """
        with self._lock:
            return _sorted(charge for track in self._tracks.values() for charge in track.charges)

    def feed(self, usage: Iterable[Use]) -> MeterChange:
        """Take in sessions and results, and return the charges that they added or withdrew. A fact fed twice counts once.

        Raises:
            LateUsageError: A use opened before the sealed instant.
            RateNotFoundError, RateConflictError, UnknownProductError: As `charge_usage`. Where it raises, nothing was taken in.

        .. versionadded:: 0.1.0
        """
        sessions, results = split_usage(usage)  # to its end first, so that a slow iterator keeps no other thread waiting
        with self._lock:
            return self._feed(sessions, results)

    def _feed(self, sessions: list[Session], results: list[ResultUse]) -> MeterChange:
        for use in both(sessions, results):
            if self._sealed_until is not None and began(use) < self._sealed_until:
                raise LateUsageError(use.user, use.product, began(use), self._sealed_until)
        rules = self._rules(use.product for use in both(sessions, results))
        fed: dict[tuple[str, str], _Track] = {}
        for use in both(sessions, rules.distinct(results)):
            key = (use.user, rules.codes[use.product])
            fed[key] = _with(fed.get(key) or self._tracks.get(key) or _Track(), use)
        charged = self._charged(fed)
        before = {charge.id: charge for key in fed for charge in self._tracks.get(key, _Track()).charges}
        after = {charge.id: charge for track in charged.values() for charge in track.charges}
        self._tracks.update(charged)
        return MeterChange(
            added=_sorted(after[id_] for id_ in after.keys() - before.keys()),
            withdrawn=_sorted(before[id_] for id_ in before.keys() - after.keys()),
        )

    def seal(self, until: datetime) -> list[Charge]:
        """Make the charges before an instant final and return them, in time order; the meter forgets them and their use.

        Sealing at an instant that is not after the last one seals nothing more.

        .. versionadded:: 0.1.0
        """
        until = as_utc(until)
        with self._lock:
            if self._sealed_until is not None and until <= self._sealed_until:
                return []
            final = [charge for charge in self.charges if charge.at < until]
            self._tracks = {key: _sealed(track, until) for key, track in self._tracks.items()}
            self._sealed_until = until
            return final

    def save(self) -> str:
        """Return the meter's state as JSON text; rates, seats, policy and catalogue are not part of it.

        .. versionadded:: 0.1.0
        """
        with self._lock:
            sealed_until, held = self._sealed_until, sorted(self._tracks.items(), key=itemgetter(0))
        tracks = [
            _TrackState(user, product, track.sealed_end, list(track.sessions), list(track.results))
            for (user, product), track in held
        ]
        return to_json(_MeterState(sealed_until, tracks))

    @classmethod
    def resume(
        cls,
        state: str,
        rates: RateBook,
        *,
        region: str | None = None,
        seats: Iterable[Seat] = (),
        policy: ChargePolicy = FLEX,
        catalog: Catalog | None = None,
    ) -> Meter:
        """Return a meter that goes on from a state that `save` returned.

        Raises:
            FormatError: The text is no such state.

        .. versionadded:: 0.1.0
        """
        saved = from_json(state, _MeterState, "meter state")
        meter = cls(rates, region=region, seats=seats, policy=policy, catalog=catalog)
        meter._sealed_until = saved.sealed_until
        tracks = {
            (track.user, track.product): _Track(track.sealed_end, tuple(track.sessions), tuple(track.results))
            for track in saved.tracks
        }
        meter._tracks = meter._charged(tracks)
        return meter

    def _rules(self, products: Iterable[str]) -> UseRules:
        return UseRules.of(products, self._policy, self._seats, self._catalog)

    def _charged(self, tracks: dict[tuple[str, str], _Track]) -> dict[tuple[str, str], _Track]:
        """Return tracks with their charges replayed from their facts."""
        rules = self._rules({use.product for track in tracks.values() for use in both(track.sessions, track.results)})
        rater = Rater(self._rates, self._region)
        return {key: evolve(track, charges=tuple(_replayed(track, key, rules, rater))) for key, track in tracks.items()}


def _replayed(track: _Track, key: tuple[str, str], rules: UseRules, rater: Rater) -> Iterator[Charge]:
    user, product = key
    ends = {product: {user: track.sealed_end}} if track.sealed_end else {}
    yield from open_windows(rules.in_order(track.sessions), rules, ends, rater.charge_window)
    yield from map(rater.charge_result, track.results)


def _with(track: _Track, use: Use) -> _Track:
    if isinstance(use, Session):
        return evolve(track, sessions=tuple(dict.fromkeys((*track.sessions, use))))
    return evolve(track, results=tuple(dict.fromkeys((*track.results, use))))


def _sealed(track: _Track, until: datetime) -> _Track:
    ends = [charge.window.end for charge in track.charges if charge.window and charge.at < until]
    return _Track(
        max(ends, default=track.sealed_end),
        tuple(session for session in track.sessions if (session.closed_at or session.opened_at) >= until),
        tuple(result for result in track.results if result.at >= until),
        tuple(charge for charge in track.charges if charge.at >= until),
    )


def _sorted(charges: Iterable[Charge]) -> list[Charge]:
    ordered = list(charges)
    sort_charges(ordered)
    return ordered
