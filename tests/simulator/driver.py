"""The firm's life, lived by the library and by the naive model side by side, and compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zlib import crc32
from zoneinfo import ZoneInfo

from attrs import asdict, define, field
from firm import MOMENT, SEAL_AFTER, TEAMS, Arrival, Firm, NewRate, PackOrder, Return
from model import Due, dues, number_of, refund_of, span_of
from pool_model import Picture, Pool
from store import Machine
from store_model import Store

from flexlib import (
    EVERY_TEAM,
    Charge,
    ChargeBasis,
    ChargePolicy,
    LateUsageError,
    Ledger,
    Meter,
    Rate,
    RateBook,
    RateSheet,
    ResultUse,
    Session,
    TokenPack,
    charge_usage,
    settle,
)
from flexlib.charging.reported import charge_reported
from flexlib.history import KnownFacts
from flexlib.reports import summarize

SCOPES = (EVERY_TEAM, *TEAMS)
WITHIN = timedelta(days=30)


class MismatchError(AssertionError):
    """A reading of the library that is not what the model says.

    Attributes:
        reading: What was read.
        place: After which event of the firm, counted from 0.
    """

    def __init__(self, reading: str, place: int, given: object, expected: object) -> None:
        super().__init__(f"after event {place}, {reading} is\n  {given}\nand should be\n  {expected}")
        self.reading = reading
        self.place = place


@define
class Figures:
    """What was done and checked."""

    firms: int = 0
    facts: int = 0
    imports: int = 0
    readings: int = 0
    crashes: int = 0
    half_written: int = 0

    def add(self, other: Figures) -> None:
        """Add the figures of another run."""
        for name, figure in asdict(other).items():
            setattr(self, name, getattr(self, name) + figure)


def simulate(firm: Firm, *, policy: ChargePolicy | None = None) -> Figures:
    """Live a firm's life and check every reading; the first that differs raises `MismatchError`.

    Args:
        firm: The firm.
        policy: Another policy for the library than the firm's own, to see that the difference is found.
    """
    with TemporaryDirectory() as folder:
        life = _Life(firm, policy or firm.policy, Machine(Path(folder)))
        try:
            life.live()
        except MismatchError:
            raise
        except Exception as error:
            raise MismatchError(f"what is raised ({type(error).__name__})", life.place, repr(error), "nothing") from error
        finally:
            life.machine.close()
    return life.figures


@define
class _Life:
    firm: Firm
    policy: ChargePolicy
    machine: Machine
    figures: Figures = field(factory=lambda: Figures(firms=1), init=False)
    place: int = field(default=-1, init=False)
    store: Store = field(factory=Store, init=False)
    rates: list[NewRate] = field(init=False)
    meter: Meter = field(init=False)
    sealed: list[Charge] = field(factory=list, init=False)
    sealed_until: datetime | None = field(default=None, init=False)
    arrived: list[datetime] = field(factory=list, init=False)

    @rates.default
    def _rates(self) -> list[NewRate]:
        return list(self.firm.rates)

    @meter.default
    def _meter(self) -> Meter:
        return Meter(_book(self.firm.rates), region=self.firm.region, policy=self.policy)

    def same(self, reading: str, given: object, expected: object) -> None:
        """Compare a reading."""
        self.figures.readings += 1
        if given != expected:
            raise MismatchError(reading, self.place, given, expected)

    def live(self) -> None:
        """Let everything happen."""
        if self.firm.crash:
            self.machine.stops_in(lambda: self.machine.history, self.firm.crash)
        for place, event in enumerate(self.firm.events):
            self.place = place
            if isinstance(event, NewRate):
                self.rates.append(event)
                self._resume_meter(event.at)
            else:
                self._import(event)
        self.figures.facts = self.firm.size
        self.figures.crashes, self.figures.half_written = self.machine.crashes, self.machine.half_written

    def _resume_meter(self, at: datetime) -> None:
        """Go on with the meter under the rates and seats that are known now."""
        seats = self.machine.history.known(at).seats
        self.meter = Meter.resume(self.meter.save(), _book(self.rates), region=self.firm.region, seats=seats, policy=self.policy)

    def _import(self, arrival: Arrival) -> None:
        facts = [*map(self._as_fact, arrival.facts), *filter(self._was_known, map(self._as_fact, arrival.again))]
        facts = [fact for fact in facts if fact is not None]
        seats = self.store.known(arrival.at)
        if arrival.crash:
            before = self._held()
            if self.machine.stops_in(lambda: self.machine.history.add(facts, known_at=arrival.at), arrival.crash):
                self.same("what a crash leaves", self._held(), before)
                self._add(arrival.at, facts)
            else:
                self.store.add(arrival.at, facts)
        else:
            self._add(arrival.at, facts)
        if arrival.twice:
            self._add(arrival.at, facts)
        self.figures.imports += 1
        self.arrived.append(arrival.at)
        if _seats(seats) != _seats(self.store.known(arrival.at)):
            self._resume_meter(arrival.at)
        self._feed([fact for fact in facts if isinstance(fact, Session | ResultUse)])
        if arrival.seals:
            self._seal(arrival.at - SEAL_AFTER)
        if arrival.checked:
            self._check(arrival.at)

    def _held(self) -> tuple[object, ...]:
        history = self.machine.history
        return history.known(), history.imports(), history.changes()

    def _add(self, at: datetime, facts: Sequence[object]) -> None:
        added = self.machine.history.add(facts, known_at=at)
        expected = self.store.add(at, facts)
        self.same("what an add counts", (added.new, added.known, len(added.changed), added.superseded), expected)

    def _as_fact(self, told: object) -> object:
        if isinstance(told, PackOrder):
            return TokenPack.purchase(
                told.id, told.tokens, told.on, months=told.months, zone=ZoneInfo(self.firm.zone), team=told.team
            )
        if isinstance(told, Return):
            return refund_of(told, self.rates, self.firm) if self.store.ever(told.result) else None
        return told

    def _was_known(self, fact: object) -> bool:
        return fact is not None and self.store.ever(fact)

    def _feed(self, usage: Sequence[Session | ResultUse]) -> None:
        late = [use for use in usage if self.sealed_until and _began(use) < self.sealed_until]
        if late:
            before = self.meter.save()
            try:
                self.meter.feed(usage)
            except LateUsageError:
                self.same("a meter that refused use", self.meter.save(), before)
            else:
                raise MismatchError("what a meter does with use before its seal", self.place, "nothing", "LateUsageError")
        charges = set(self.meter.charges)
        change = self.meter.feed([use for use in usage if use not in late])
        after = (charges - set(change.withdrawn)) | set(change.added)
        self.same("what a meter added and withdrew", after, set(self.meter.charges))

    def _seal(self, last: datetime) -> None:
        for until in (last - timedelta(hours=20), last - timedelta(hours=13), last):
            self.sealed += self.meter.seal(until)
            self.sealed_until = max(until, self.sealed_until or until)

    def _check(self, at: datetime) -> None:
        self._check_at(at, charged=[*self.sealed, *self.meter.charges])
        for earlier in _picked(self.arrived[:-1], 2, at):
            self._check_at(earlier, charged=None)
        for instant in _picked(self.arrived, 3, at):
            for moment in (instant, instant - MOMENT):
                self.same("what was known", _flat(self.machine.history.known(moment)), self.store.known(moment))

    def _check_at(self, at: datetime, charged: list[Charge] | None) -> None:
        """Check all that is read of the facts as they were known at an instant; rates that came later make no difference."""
        facts, known = self.store.known(at), self.machine.history.known(at)
        self.same("what is known", _flat(known), facts)
        expected = dues(facts, [rate for rate in self.rates if rate.at <= at], self.firm)
        charges = charge_usage(known.usage, _book(self.rates), region=self.firm.region, seats=known.seats, policy=self.policy)
        from_use = [due for due in expected if not due.day]
        self.same("what usage is charged", list(map(_as_due, charges)), from_use)
        if charged is not None:
            charged.sort(key=lambda charge: (charge.at, charge.user, charge.product, charge.id))
            self.same("what the meter charged", list(map(_as_due, charged)), from_use)
        charges += charge_reported(known.reported)
        self._check_summaries(charges, expected, Random(at.isoformat()))
        ledger = settle([*charges, *known.reported], known.packs, refunds=known.refunds, transfers=known.transfers)
        self._check_pool(ledger, expected)

    def _check_summaries(self, charges: Sequence[Charge], expected: Sequence[Due], random: Random) -> None:
        zone = ZoneInfo(self.firm.zone)
        by = random.sample(("product", "user", "team", "day", "month"), random.randint(1, 3))
        groups: dict[tuple[object, ...], list[Due]] = defaultdict(list)
        for due in expected:
            day = due.day or (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=due.at)).astimezone(zone).date()
            keys = {"product": due.product, "user": due.user, "team": due.team, "day": day, "month": day.isoformat()[:7]}
            groups[tuple(keys[name] for name in by)].append(due)
        sums = {key: (sum(due.parts for due in own), len(own), sum(due.daily for due in own)) for key, own in groups.items()}
        rows = {row.key: (row.tokens * 10_000, row.charges, row.windows) for row in summarize(charges, by, zone=zone)}
        self.same(f"the summary by {', '.join(by)}", rows, sums)

    def _check_pool(self, ledger: Ledger, expected: Sequence[Due]) -> None:
        orders = {
            fact.id: fact
            for event in self.firm.events[: self.place + 1]
            if isinstance(event, Arrival)
            for fact in event.facts
            if isinstance(fact, PackOrder)
        }
        for pack in ledger.packs:
            span = (number_of(pack.starts_at), number_of(pack.expires_at))
            self.same("the span of a pack", span, span_of(orders[pack.id], self.firm.zone))
        edges = [edge for pack in ledger.packs for edge in (pack.starts_at, pack.expires_at)]
        edges += [one.at for one in (*ledger.charges, *ledger.refunds, *ledger.transfers)]
        chosen = _picked([edge + step for edge in edges for step in (-MOMENT, timedelta(), MOMENT)], 8, self.arrived[-1])
        pool = Pool(expected, ledger.packs, ledger.refunds, ledger.transfers)
        pictures = pool.pictures(map(number_of, chosen))
        for instant in chosen:
            for team in SCOPES:
                for reading, given, right in _readings(ledger, pictures[number_of(instant)], instant, team):
                    self.same(f"{reading} of {team} at {instant.isoformat()}", given, right)


def _readings(ledger: Ledger, picture: Picture, at: datetime, team: object) -> Iterator[tuple[str, object, object]]:
    yield "the balance", ledger.balance(at, team=team), picture.usable(None, team)
    yield "the balances", ledger.balances(at, team=team), {pack.id: picture.usable(pack.id, team) for pack in ledger.packs}
    for name in ("purchased", "drawn", "expired", "shortfall"):
        yield name, getattr(ledger, name)(at, team=team), picture.sum(name, team)
    soon = sorted((pack.expires_at, pack.id) for pack in ledger.packs if at < pack.expires_at <= at + WITHIN)
    left = [(own, picture.usable(own, team)) for _, own in soon if picture.usable(own, team)]
    yield "what expires", list(ledger.expiring(at, WITHIN, team=team).items()), left


def _picked(instants: Iterable[datetime], number: int, salt: datetime) -> list[datetime]:
    """Return some instants, chosen such that leaving out others does not change the choice: a failing firm shrinks the better."""
    return sorted(set(instants), key=lambda instant: (crc32(f"{instant} {salt}".encode()), instant))[:number]


def _book(rates: Iterable[NewRate]) -> RateBook:
    bases = defaultdict(lambda: ChargeBasis.PER_DAY, solve=ChargeBasis.PER_RESULT)
    made = [
        Rate(rate.product, rate.tokens, effective_from=rate.effective_from, region=rate.region, basis=bases[rate.product])
        for rate in rates
    ]
    return RateBook([RateSheet("made up", made)])


def _as_due(charge: Charge) -> Due:
    return Due(
        number_of(charge.at),
        charge.user,
        charge.product,
        int(charge.tokens * Decimal(10_000)),
        charge.team,
        charge.id,
        charge.result is None,
    )


def _began(use: Session | ResultUse) -> datetime:
    return use.opened_at if isinstance(use, Session) else use.at


def _seats(facts: Iterable[object]) -> set[object]:
    return {fact for fact in facts if type(fact).__name__ == "Seat"}


def _flat(known: KnownFacts) -> set[object]:
    kinds = (known.usage, known.reported, known.packs, known.seats, known.refunds, known.transfers, known.summaries, known.totals)
    every = [fact for kind in kinds for fact in kind]
    found = set(every)
    return found if len(found) == len(every) else {"a fact twice", *found}
