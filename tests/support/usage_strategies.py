"""Hypothesis strategies of usage on a coarse grid, so that ties, touching sessions and hits of a window's end are common."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from zoneinfo import ZoneInfo

from attrs import evolve
from hypothesis import strategies as st

from flexlib import FLEX, Catalog, ChargeBasis, ChargePolicy, Product, Rate, RateBook, RateSheet, ResultUse, Seat, Session

TICK = timedelta(minutes=5)
USERS = ("ada", "bo")
PRODUCTS = ("autocad", "revit", "maya")
RESULTS = ("cfd", "study")
TEAMS = (None, "", "north", "south")

# Midnights near to clock changes of the three zones (London 29 March, New York 8 March, Lord Howe 5 April), and one far from any.
MIDNIGHTS = tuple(datetime(2026, month, day, tzinfo=UTC) for month, day in ((1, 12), (3, 7), (3, 28), (4, 4)))
ZONES = (
    UTC,
    ZoneInfo("Europe/London"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Australia/Lord_Howe"),
    ZoneInfo("Asia/Kolkata"),
)

_SINCE = datetime(2021, 1, 1, tzinfo=UTC)
_CHANGES = [Rate("autocad", 8, effective_from=midnight + timedelta(hours=32)) for midnight in MIDNIGHTS]
_DAY_RATES = [Rate(product, tokens, effective_from=_SINCE) for product, tokens in (("autocad", 7), ("revit", 10), ("maya", 0))]
_RESULT_RATES = [
    Rate(product, tokens, effective_from=_SINCE, basis=ChargeBasis.PER_RESULT) for product, tokens in (("cfd", 5), ("study", 0))
]
BOOK = RateBook([RateSheet("rates", _DAY_RATES + _RESULT_RATES), RateSheet("rates", _CHANGES)])
CATALOG = Catalog(
    [
        Product("autocad", "AutoCAD", aliases=["ACD"]),
        Product("revit", "Revit", idle_aware=False),
        Product("maya", "Maya"),
        *(Product(code, code.title(), basis=ChargeBasis.PER_RESULT) for code in RESULTS),
    ]
)
STEADY = frozenset({"revit"})

POLICIES = (
    FLEX,
    ChargePolicy(grace=timedelta()),
    ChargePolicy(grace=2 * TICK, idle_after=timedelta()),
    ChargePolicy(grace=timedelta(hours=1), idle_after=timedelta(hours=1)),
    ChargePolicy(window=timedelta(hours=3), grace=timedelta()),
)

# Hours for ties and boundary hits; ticks beside them for grace and idle limits.
_HOURS = st.sampled_from([0, 1, 2, 3, 8, 9, 23, 24, 25, 32, 48, 56])
_OFFSETS = st.sampled_from([0, 0, 0, 1, 2, 3, 4])
_LENGTHS = st.one_of(
    st.none(),
    st.sampled_from([0, 1, 2, 3]),
    st.sampled_from([12, 24, 36, 108]),
    st.sampled_from([12 * 24 - 1, 12 * 24, 12 * 24 + 1, 12 * 48, 12 * 60]),
)


def policies() -> st.SearchStrategy[ChargePolicy]:
    """Return a strategy of policies on the grid; shrinks to that of Autodesk Flex."""
    return st.sampled_from(POLICIES)


@st.composite
def _idle_spans(draw, opened: datetime, ticks: int) -> list[tuple[datetime, datetime]]:
    places = sorted(k for k in {0, 1, 3, 4, 6, 12, 13, 24, 300, ticks // 2, ticks - 1, ticks} if 0 <= k <= ticks)
    pairs = draw(st.lists(st.sampled_from(list(combinations(places, 2))), max_size=4))
    return [(opened + a * TICK, opened + b * TICK) for a, b in pairs]


@st.composite
def sessions(draw, midnight: datetime) -> Session:
    """Return a session within a few days of a midnight: of any length, with or without a known end, labels and idle spans."""
    opened = midnight + timedelta(hours=draw(_HOURS)) + draw(_OFFSETS) * TICK
    ticks = draw(_LENGTHS)
    idle = draw(_idle_spans(opened, ticks)) if ticks and draw(st.booleans()) else ()
    return Session(
        draw(st.sampled_from(USERS)),
        draw(st.sampled_from(PRODUCTS)),
        opened,
        None if ticks is None else opened + ticks * TICK,
        idle=idle,
        team=draw(st.sampled_from(TEAMS)),
        machine=draw(st.sampled_from([None, "cad-1"])),
        version=draw(st.sampled_from([None, "2026"])),
    )


@st.composite
def _companions(draw, session: Session) -> Session:
    """Return a session of the same user and product that opens with another, when it closes, or 24 hours after it opened."""
    places = [session.opened_at, session.closed_at or session.opened_at, session.opened_at + timedelta(hours=24)]
    own = draw(sessions(session.opened_at))
    moved = shifted(own, draw(st.sampled_from(places)) - own.opened_at)
    return evolve(moved, user=session.user, product=session.product)


@st.composite
def session_lists(draw, max_size: int = 6) -> list[Session]:
    """Return sessions around one midnight, some with companions that touch them, some given twice; shrinks to none."""
    midnight = draw(st.sampled_from(MIDNIGHTS))
    drawn = draw(st.lists(sessions(midnight), max_size=max_size))
    drawn += [draw(_companions(session)) for session in drawn[: draw(st.integers(0, 3))]]
    return drawn + drawn[: draw(st.integers(0, 1))]


@st.composite
def seat_lists(draw) -> list[Seat]:
    """Return seats that begin and end inside the days of usage, some without an end; shrinks to none."""
    seats = []
    for _ in range(draw(st.integers(0, 3))):
        starts = draw(st.sampled_from(MIDNIGHTS)) + timedelta(hours=draw(_HOURS)) + draw(_OFFSETS) * TICK
        length = draw(st.sampled_from([None, 1, 12, 12 * 10, 12 * 24, 12 * 40]))
        products = draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=2, unique=True))
        ends = None if length is None else starts + length * TICK
        seats.append(Seat(draw(st.sampled_from(USERS)), products, starts, ends))
    return seats


@st.composite
def usage_lists(draw, max_size: int = 6) -> list[Session | ResultUse]:
    """Return sessions and results around one midnight, in any order, some given twice; shrinks to none."""
    usage = draw(session_lists(max_size))
    midnight = usage[0].opened_at.replace(hour=0, minute=0) if usage else MIDNIGHTS[0]
    results = st.builds(
        ResultUse,
        st.sampled_from(USERS),
        st.sampled_from(RESULTS),
        st.builds(lambda hours: midnight + timedelta(hours=hours), _HOURS),
        st.sampled_from([1, 3]),
        team=st.sampled_from(TEAMS),
        id=st.sampled_from([None, "second"]),
    )
    drawn = draw(st.lists(results, max_size=3))
    return draw(st.permutations(usage + drawn + drawn[: draw(st.integers(0, 1))]))


def in_zones(session: Session, seed: int) -> Session:
    """Return an equal session with its instants written in zones chosen by a seed."""
    zones = Random(seed)

    def written(instant: datetime) -> datetime:
        return instant.astimezone(zones.choice(ZONES))

    return evolve(
        session,
        opened_at=written(session.opened_at),
        closed_at=session.closed_at and written(session.closed_at),
        idle=[(written(start), written(end)) for start, end in session.idle],
    )


def shifted(session: Session, by: timedelta) -> Session:
    """Return a session with all its instants moved."""
    return evolve(
        session,
        opened_at=session.opened_at + by,
        closed_at=session.closed_at and session.closed_at + by,
        idle=[(start + by, end + by) for start, end in session.idle],
    )


def respelled(use: Session | ResultUse, random: Random) -> Session | ResultUse:
    """Return a use with another spelling of its product, which the catalogue knows."""
    spellings = {"autocad": ["ACD", "AutoCAD 2026", "autocad"]}.get(use.product, [use.product.title(), use.product])
    return evolve(use, product=random.choice(spellings))
