"""A made-up firm, told by one source of random numbers: all that happens to it, in the order in which it comes to be known.

Facts come late and again, packs are corrected, rows are reported anew, seats end, rates change, and the store crashes. Times of day
are local, in zones whose clocks change, and many instants meet the edges of windows, graces, pauses and packs to the microsecond.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TypeAlias
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from flexlib import ChargePolicy, ReportedUse, ResultUse, Seat, Session, Transfer

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/St_Johns", "Asia/Kolkata")
TEAMS = (None, "north", "south")
DAILY = ("draft", "model")
RESULT = "solve"
REPORTED = "cloud"
REGION = "DE"
MOMENT, MINUTE, HOUR, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LENGTHS = (
    *(timedelta(), 4 * MINUTE, 5 * MINUTE - MOMENT, 5 * MINUTE, HOUR, 4 * HOUR, 9 * HOUR, 9 * HOUR),
    *(24 * HOUR, 24 * HOUR + MOMENT, 25 * HOUR, 49 * HOUR),
)
LATEST = 30 * DAY
"""No fact comes to be known later after it than this, but for the wait until the next import."""
SEAL_AFTER = 70 * DAY


@frozen
class PackOrder:
    """A pack as it is ordered: on a day, for some months."""

    id: str
    tokens: int
    on: date
    months: int
    team: str | None


@frozen
class Return:
    """Quarters of the tokens of a result that return; all those of one result are four at most."""

    id: str
    result: ResultUse
    quarters: int
    at: datetime


News: TypeAlias = Session | ResultUse | ReportedUse | Seat | Transfer | PackOrder | Return


@frozen
class NewRate:
    """A rate that comes to be known at an instant, and holds from a later date."""

    at: datetime
    product: str
    region: str | None
    tokens: Decimal
    effective_from: date


@frozen
class Arrival:
    """An import: facts that come to be known at one instant.

    Attributes:
        at: When.
        facts: What is told for the first time, or told anew in another version.
        again: What was told before, and is told again; what was not known then is left out.
        crash: After how many steps of the store the machine stops, if it has not ended by then; the import is then made again.
        twice: Whether who adds the facts did not hear that they were added, and adds them again.
        checked: Whether every reading is checked after it.
        seals: Whether the meter is sealed after it, three times within a day.
    """

    at: datetime
    facts: tuple[News, ...] = ()
    again: tuple[News, ...] = ()
    crash: int | None = None
    twice: bool = False
    checked: bool = False
    seals: bool = False


Event: TypeAlias = Arrival | NewRate


@frozen
class Firm:
    """A firm: its terms, and what happens to it."""

    zone: str
    region: str | None
    policy: ChargePolicy
    rates: tuple[NewRate, ...]
    crash: int | None
    events: tuple[Event, ...]

    def with_events(self, events: Sequence[Event]) -> Firm:
        """Return the firm with other events."""
        return evolve(self, events=tuple(events))

    @property
    def size(self) -> int:
        """How many facts and rates are told to it."""
        return sum(len(event.facts) + len(event.again) if isinstance(event, Arrival) else 1 for event in self.events)


def firm_of_seed(seed: int, years: float = 2.0) -> Firm:
    """Return the firm of a seed."""
    days = max(10, round(365 * years))
    return _Telling(Random(f"firm {seed}"), days, gap=9, users=4, busy=0.16).firm()


def small_firm(random: Random) -> Firm:
    """Return a firm of a few weeks and a few facts, which a property can draw and shrink."""
    return _Telling(random, random.randint(3, 24), gap=6, users=2, busy=0.3).firm()


@frozen
class _Telling:
    random: Random
    days: int
    gap: int
    users: int
    busy: float
    zone: ZoneInfo = field(init=False)
    start: date = field(init=False)

    @zone.default
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.random.choice(ZONES))

    @start.default
    def _start(self) -> date:
        # Within two months of every change of the clocks, of a leap day and of a year's end.
        return date(self.random.randint(2020, 2024), self.random.choice((1, 2, 3, 9, 10, 12)), self.random.randint(1, 28))

    def firm(self) -> Firm:
        imports = list(self._imports())
        told: dict[datetime, list[News]] = {at: [] for at in imports}
        again: dict[datetime, list[News]] = {at: [] for at in imports}
        new_rates = list(self._new_rates())
        for known, fact in (*self._facts(), *self._use_at(new_rates)):
            later = [at for at in imports if at >= known]
            if later:
                told[later[0]].append(fact)
                if self._happens(0.15):
                    again[self.random.choice(later[:4])].append(fact)
        events: list[Event] = [self._arrival(at, told[at], again[at], last=at == imports[-1]) for at in imports]
        events += new_rates
        policy = ChargePolicy(
            grace=self._one((5 * MINUTE, 5 * MINUTE, timedelta())), idle_after=self._one((15 * MINUTE, 15 * MINUTE, timedelta()))
        )
        return Firm(
            self.zone.key,
            self._one((None, REGION)),
            policy,
            tuple(self._first_rates()),
            self.random.randint(1, 120) if self._happens(0.2) else None,
            tuple(sorted(events, key=lambda event: event.at)),
        )

    def _one(self, choices):
        return self.random.choice(choices)

    def _happens(self, chance: float) -> bool:
        """Tell whether something happens; the smallest random numbers, to which a property shrinks, mean that nothing does."""
        return self.random.random() >= 1 - chance

    def _imports(self) -> Iterator[datetime]:
        at = self._local(0, 6)
        end = at + self.days * DAY
        while at < end:
            at += self.random.randint(1, self.gap) * DAY + self.random.randint(0, 24 * 60) * MINUTE
            yield at

    def _arrival(self, at: datetime, facts: list[News], again: list[News], *, last: bool) -> Arrival:
        self.random.shuffle(facts)
        return Arrival(
            at,
            tuple(facts),
            tuple(again),
            int(10 ** self.random.uniform(1, 3.6)) if self._happens(0.12) else None,
            twice=self._happens(0.1),
            checked=last or self._happens(0.07),
            seals=self._happens(0.15),
        )

    def _local(self, day: int, hour: int, minute: int = 0) -> datetime:
        """Return an instant of local time; one that the clocks skip or repeat is taken as Python takes it."""
        on = self.start + timedelta(days=day)
        local = datetime(on.year, on.month, on.day, hour, minute, tzinfo=self.zone, fold=self.random.randint(0, 1))
        return local.astimezone(UTC)

    def _shown(self, instant: datetime) -> datetime:
        """Return an instant as somebody writes it, in UTC or in local time."""
        return instant.astimezone(self._one((UTC, self.zone)))

    def _late(self) -> timedelta:
        return self.random.randint(0, LATEST // DAY) * DAY if self._happens(0.12) else self.random.randint(0, 48) * HOUR

    def _first_rates(self) -> Iterator[NewRate]:
        at = datetime(2019, 1, 1, tzinfo=UTC)
        for product, tokens in (("draft", "2"), ("model", "3"), (RESULT, "0.5")):
            yield NewRate(at, product, None, Decimal(tokens), at.date())
        yield NewRate(at, "draft", REGION, Decimal("2.5"), at.date())

    def _new_rates(self) -> Iterator[NewRate]:
        met = set()
        for _ in range(self.random.randint(0, max(1, self.days // 120))):
            at = self._local(self.random.randint(0, self.days), 12)
            effective = (at + self.random.randint(1, 40) * DAY).date()
            key = (self._one((*DAILY, RESULT)), self._one((None, REGION)), effective)
            if key not in met:
                met.add(key)
                yield NewRate(at, key[0], key[1], Decimal(self.random.randint(0, 40)) / 10, effective)

    def _facts(self) -> Iterator[tuple[datetime, News]]:
        """Yield every fact, with the first instant at which it may come to be known."""
        yield from self._packs()
        yield from self._seats()
        yield from self._transfers()
        for number in range(self.users):
            team, moves = self._one(TEAMS), self.random.randint(0, self.days * 2)
            other = self._one(TEAMS)
            for day in range(self.days):
                yield from self._use_of(f"user {number}", day, team if day < moves else other)

    def _use_at(self, rates: Sequence[NewRate]) -> Iterator[tuple[datetime, News]]:
        """Yield use that begins where a rate does."""
        for rate in rates:
            day = rate.effective_from
            at = datetime(day.year, day.month, day.day, tzinfo=UTC) + self._one((0, 0, -1, 1)) * MOMENT
            if rate.product == RESULT:
                yield at + self._late(), ResultUse("user 0", RESULT, self._shown(at), team=self._one(TEAMS))
            else:
                yield at + HOUR + self._late(), Session("user 0", rate.product, self._shown(at), self._shown(at + HOUR))

    def _use_of(self, user: str, day: int, team: str | None) -> Iterator[tuple[datetime, News]]:
        if self._happens(self.busy):
            yield from self._sessions(user, self._one(DAILY), day, team)
        if self._happens(self.busy / 6):
            yield from self._results(user, day, team)
        if self._happens(self.busy / 8):
            yield from self._reports(user, day, team)

    def _sessions(self, user: str, product: str, day: int, team: str | None) -> Iterator[tuple[datetime, News]]:
        opened = self._local(day, self._one((0, 2, 7, 8, 8, 9, 13, 19, 23)), self._one((0, 0, 30, self.random.randint(0, 59))))
        for _ in range(self._one((1, 1, 1, 2, 3))):
            length = self._one(LENGTHS)
            closed = opened + length
            idle = self._idle(opened, length) if self._happens(0.2) else ()
            unknown = not idle and self._happens(0.1)
            session = Session(
                user,
                product,
                self._shown(opened),
                None if unknown else self._shown(closed),
                idle=idle,
                team=team,
                machine=self._one((None, "pc")),
            )
            known = closed + self._late()
            yield known, session
            if unknown and self._happens(0.5):  # and later its end is told
                yield known + self.random.randint(0, 5) * DAY, evolve(session, closed_at=self._shown(closed))
            opened = self._one((opened + 24 * HOUR, closed, closed + 2 * HOUR)) + self._one((-1, 0, 0, 1)) * MOMENT

    def _idle(self, opened: datetime, length: timedelta) -> list[tuple[datetime, datetime]]:
        pauses = (14 * MINUTE, 15 * MINUTE, 15 * MINUTE + MOMENT, 3 * HOUR, 20 * HOUR)
        spans, at = [], opened + self._one((timedelta(), 30 * MINUTE, 23 * HOUR + 45 * MINUTE))
        for _ in range(self.random.randint(1, 3)):
            end = min(at + self._one(pauses), opened + length)
            if at < end:
                spans.append((self._shown(at), self._shown(end)))
            at = end + self._one((timedelta(), MOMENT, HOUR))
        return spans

    def _results(self, user: str, day: int, team: str | None) -> Iterator[tuple[datetime, News]]:
        at = self._local(day, self._one((8, 9, 17)), self._one((0, 59)))
        for number in range(self._one((1, 1, 2))):
            quantity = self._one((Decimal(1), Decimal("0.5"), Decimal(3), Decimal(12)))
            result = ResultUse(user, RESULT, self._shown(at), quantity, team=team, id=None if not number else f"r{number}")
            known, left = at + self._late(), 4
            yield known, result
            while left and self._happens(0.3):
                quarters = self.random.randint(1, left)
                left -= quarters
                returned = at + self.random.randint(0, 60) * DAY + self._one((timedelta(), HOUR))
                # Never before its result: both may come with the first import after that instant.
                yield (
                    max(known, returned) + self._late(),
                    Return(f"{user} {day} {number} {left}", result, quarters, self._shown(returned)),
                )

    def _reports(self, user: str, day: int, team: str | None) -> Iterator[tuple[datetime, News]]:
        on = self.start + timedelta(days=day)
        known = self._local(day, 0) + 2 * DAY
        row = ReportedUse(user, REPORTED, on, Decimal(self.random.randint(0, 30)) / 10, team=team or "common")
        yield known, row
        while self._happens(0.35):
            known += self.random.randint(1, 20) * DAY
            other = evolve(row, tokens=Decimal(self.random.randint(0, 30)) / 10)
            yield known, self._one((other, other, row))

    def _packs(self) -> Iterator[tuple[datetime, News]]:
        day, number = 0, 0
        while day < self.days:
            on = self.start + timedelta(days=day)
            pack = PackOrder(
                f"pack {number}", self.random.randint(2, 60) * 2, on, self._one((1, 1, 2, 3, 12)), self._one((None, *TEAMS))
            )
            known = self._local(day, 0) + self._late()
            yield known, pack
            if self._happens(0.15):
                yield known + self.random.randint(1, 9) * DAY, evolve(pack, tokens=pack.tokens + self._one((-1, 5)))
            if self._happens(0.3):  # of the same end, and another size
                yield known, evolve(pack, id=f"pack {number} a", tokens=self.random.randint(2, 60) * 2)
            if self._happens(0.1):
                on = on.replace(day=monthrange(on.year, on.month)[1])  # a month's last day, for the calendar's sake
                yield known, evolve(pack, id=f"pack {number} b", on=on)
            day += self.random.randint(4, 40)
            number += 1

    def _seats(self) -> Iterator[tuple[datetime, News]]:
        for _ in range(self.random.randint(0, max(1, self.days // 90))):
            day = self.random.randint(0, self.days)
            starts = self._local(day, self._one((0, 8, 12)))
            products = self._one((["draft"], ["model"], ["draft", "model"]))
            seat = Seat(f"user {self.random.randint(0, self.users - 1)}", products, self._shown(starts))
            yield starts + self._late(), seat
            if self._happens(0.7):
                ends = self._local(day + self.random.randint(1, 90), self._one((0, 8, 12)))
                yield ends + self._late(), evolve(seat, ends_at=self._shown(ends))

    def _transfers(self) -> Iterator[tuple[datetime, News]]:
        for number in range(self.random.randint(0, self.days // 25 + 1)):
            at = self._local(self.random.randint(0, self.days), self._one((0, 8, 12)))
            giver, taker = self.random.sample(TEAMS, 2)
            tokens = Decimal(self.random.randint(1, 60)) / 2
            yield at + self._late(), Transfer(giver, taker, tokens, self._shown(at), id=f"t{number}")
