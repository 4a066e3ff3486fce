"""Hypothesis strategies of what a report is made of, with sessions that are charged, free or set aside for every reason."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from attrs import evolve
from hypothesis import strategies as st
from usage_strategies import MIDNIGHTS, TEAMS, respelled, seat_lists, sessions, usage_lists

from flexlib import ChargeBasis, Product, Rate, RateBook, RateSheet, Refund, Session, TokenPack, Transfer
from flexlib.cli.inputs import Inputs
from flexlib.cli.job import Job
from flexlib.model.usage import began

_SINCE = datetime(2021, 1, 1, tzinfo=UTC)
_LATE = [midnight + timedelta(hours=30) for midnight in MIDNIGHTS]
_AMOUNTS = {"autocad": "7", "revit": "0.5", "maya": "0", "disputed": "3"}
BOOK = RateBook(
    [
        RateSheet("one", [Rate(code, Decimal(tokens), effective_from=_SINCE) for code, tokens in _AMOUNTS.items()]),
        RateSheet("results", [Rate(code, 5, effective_from=_SINCE, basis=ChargeBasis.PER_RESULT) for code in ("cfd", "study")]),
        RateSheet("late", [Rate("late", 4, effective_from=at, effective_until=at + timedelta(days=1)) for at in _LATE]),
        RateSheet("other", [Rate("disputed", 5, effective_from=at, effective_until=at + timedelta(days=1)) for at in _LATE]),
    ]
)
CODES = (*_AMOUNTS, "late", "unrated", "cfd", "study")
PRODUCTS = tuple(
    Product(code, code.title(), aliases=["ACD"] if code == "autocad" else (), idle_aware=code != "revit") for code in CODES
)
_TROUBLE = st.sampled_from(["late", "unrated", "disputed", "sketchup", "study"])
_HOURS = st.integers(-30, 80).map(lambda hours: timedelta(hours=hours))
_POOLS = st.sampled_from([None, None, *TEAMS])


def job(**changes: object) -> Job:
    """Return a job on no files."""
    return evolve(Job((), (), (), None, UTC, None, None), **changes)


@st.composite
def _packs(draw, times: st.SearchStrategy[datetime]) -> tuple[TokenPack, ...]:
    made = []
    for name in "ABCD"[: draw(st.integers(0, 4))]:
        starts = draw(times)
        tokens = draw(st.sampled_from(["0.3", "3", "7", "20", "500"]))
        ends = starts + timedelta(hours=draw(st.sampled_from([1, 30, 90, 24 * 365])))
        made.append(TokenPack(name, Decimal(tokens), starts, ends, team=draw(_POOLS)))
    return tuple(made)


@st.composite
def _transfers(draw, times: st.SearchStrategy[datetime]) -> tuple[Transfer, ...]:
    made = []
    for number in range(draw(st.integers(0, 2))):
        giver, taker = draw(st.permutations(TEAMS))[:2]
        name = draw(st.sampled_from([None, f"move {number}"]))
        made.append(Transfer(giver, taker, draw(st.sampled_from([1, 5, 100])), draw(times), id=name))
    return tuple(made)


@st.composite
def _refunds(draw, inputs: Inputs) -> tuple[Refund, ...]:
    charges = [charge for charge in job().case_of(inputs, BOOK).ledger.charges if charge.tokens]
    chosen = draw(st.lists(st.sampled_from(charges), max_size=2, unique_by=lambda charge: charge.id)) if charges else []
    return tuple(
        Refund(
            charge.id,
            charge.tokens / draw(st.sampled_from([1, 2])),
            charge.at + draw(st.sampled_from([0, 1, 40])) * timedelta(hours=1),
        )
        for charge in chosen
    )


@st.composite
def _twins(draw, session: Session) -> Session:
    """Return a session of the same user, product and span, but for its labels and idle spans."""
    labels = {name: draw(st.sampled_from([None, "a", "north"])) for name in ("team", "machine", "version")}
    return evolve(session, **labels, idle=draw(st.sampled_from([session.idle, session.idle[:1], ()])))


@st.composite
def inputs(draw) -> Inputs:
    """Return facts of which all are values; shrinks to none."""
    usage = draw(usage_lists(max_size=8))
    midnight = min((use.opened_at for use in usage if isinstance(use, Session)), default=MIDNIGHTS[0]).replace(hour=0, minute=0)
    odd = [evolve(use, product=draw(_TROUBLE)) for use in draw(st.lists(sessions(midnight), max_size=4))]
    products = draw(st.sampled_from([PRODUCTS, PRODUCTS, ()]))
    random = draw(st.randoms(use_true_random=False))
    usage = [respelled(use, random) for use in usage] if products and draw(st.booleans()) else usage
    usage += odd + [draw(_twins(use)) for use in [*usage, *odd][: draw(st.integers(0, 3))] if isinstance(use, Session)]
    times = st.sampled_from([began(use) for use in usage] or [midnight]) | st.builds(midnight.__add__, _HOURS)
    whole = Inputs(
        usage=tuple(usage),
        packs=draw(_packs(times)),
        seats=tuple(draw(seat_lists())),
        products=products,
        transfers=draw(_transfers(times)),
    )
    return evolve(whole, refunds=draw(_refunds(whole)))


@st.composite
def moments(draw, facts: Inputs) -> datetime:
    """Return an instant, often the very one at which something happens; shrinks to the first."""
    ends = [use.closed_at for use in facts.usage if isinstance(use, Session) and use.closed_at]
    starts = [use.opened_at for use in facts.usage if isinstance(use, Session)]
    packs = [at for pack in facts.packs for at in (pack.starts_at, pack.expires_at)]
    known = sorted({*starts, *ends, *packs, *(refund.at for refund in facts.refunds), MIDNIGHTS[0]})
    steps = st.sampled_from([timedelta(), timedelta(microseconds=-1), timedelta(hours=23, minutes=30), timedelta(days=1)])
    return draw(st.sampled_from(known)) + draw(steps)
