"""Hypothesis strategies for the facts of a pool, on a grid so coarse that ties and boundary instants are common."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from attrs import evolve, frozen
from hypothesis import strategies as st
from pool_builders import day

from flexlib import (
    Charge,
    ChargeBasis,
    Ledger,
    Rate,
    RateBook,
    RateSheet,
    Refund,
    ResultUse,
    Seat,
    Session,
    TokenPack,
    Transfer,
    settle,
)

LAST_DAY = 8
GRID = [day(number) for number in range(LAST_DAY + 3)]
POOLS = (None, "lab", "ops")
TEAMS = (*POOLS, "guests")
QUARTERS = [day(number / 4) for number in range(4 * LAST_DAY)]
HOURS_6 = timedelta(hours=6)

amounts = st.sampled_from([Decimal(text) for text in ("1", "2", "3", "0.5", "0.1", "1.5", "2.0")])
instants = st.sampled_from(GRID[: LAST_DAY + 1])


@frozen
class PoolFacts:
    """The facts of a ledger."""

    charges: tuple[Charge, ...] = ()
    packs: tuple[TokenPack, ...] = ()
    refunds: tuple[Refund, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    def settled(self) -> Ledger:
        """Return the ledger of the facts."""
        return settle(self.charges, self.packs, refunds=self.refunds, transfers=self.transfers)

    def until(self, at: datetime) -> "PoolFacts":
        """Return the facts known at an instant; packs and transfers are known in advance, since they say who has a pool."""
        charges = tuple(charge for charge in self.charges if charge.at <= at)
        refunds = tuple(refund for refund in self.refunds if refund.at <= at)
        return evolve(self, charges=charges, refunds=refunds)

    def after(self, at: datetime) -> "PoolFacts":
        """Return the charges and refunds that `until` leaves out."""
        charges = tuple(charge for charge in self.charges if charge.at > at)
        return PoolFacts(charges, refunds=tuple(refund for refund in self.refunds if refund.at > at))


@st.composite
def packs(draw, *, teams=POOLS, sizes=amounts, most=5):
    """Return packs, with ids of their own and mostly alike otherwise; shrinks to none."""
    number = draw(st.integers(0, most))
    made = []
    for name in "ABCDEFGH"[:number]:
        start = draw(st.integers(0, LAST_DAY - 1))
        end = draw(st.integers(start + 1, LAST_DAY + 1))
        made.append(TokenPack(name, draw(sizes), day(start), day(end), team=draw(st.sampled_from(teams))))
    return tuple(made)


@st.composite
def charges(draw, *, teams=TEAMS, tokens=amounts, most=7):
    """Return charges, some with ids derived from their content, so that some are the same fact twice; shrinks to none."""
    made = []
    for number in range(draw(st.integers(0, most))):
        name = draw(st.sampled_from([None, f"charge {number}"]))
        user, product = draw(st.sampled_from(["ada", "bob"])), draw(st.sampled_from(["cfd", "revit"]))
        size = draw(st.one_of(tokens, st.just(Decimal(0))))
        made.append(Charge(user, product, draw(instants), size, id=name, team=draw(st.sampled_from(teams))))
    return tuple(made)


@st.composite
def refunds(draw, charged: Iterable[Charge]):
    """Return refunds of charges, never more than a charge, some of them twice; shrinks to none."""
    made = []
    for charge in {charge.id: charge for charge in charged}.values():
        tenths, number = int(charge.tokens * 10), 0
        while tenths and draw(st.booleans()):
            part = draw(st.integers(1, tenths))
            later = [at for at in GRID if at >= charge.at]
            made.append(Refund(charge.id, Decimal(part) / 10, draw(st.sampled_from(later)), id=f"refund {number}"))
            tenths, number = tenths - part, number + 1
    return tuple(made + made[: draw(st.integers(0, 1))])


@st.composite
def transfers(draw, *, most=4):
    """Return transfers between pools, some of them at one instant; shrinks to none."""
    made = []
    for number in range(draw(st.integers(0, most))):
        giver, taker = draw(st.permutations(POOLS))[:2]
        name = draw(st.sampled_from([None, f"transfer {number}"]))
        made.append(Transfer(giver, taker, draw(amounts), draw(instants), id=name))
    return tuple(made + made[: draw(st.integers(0, 1))])


@st.composite
def pool_facts(draw):
    """Return charges, packs, refunds and transfers of several teams that fit together; shrinks to nothing at all."""
    charged = draw(charges())
    return PoolFacts(charged, draw(packs()), draw(refunds(charged)), draw(transfers()))


RATES = RateBook(
    [
        RateSheet(
            "test",
            [
                Rate("revit", 2, effective_from=day(-9)),
                Rate("revit", 3, effective_from=day(4)),
                Rate("viewer", 0, effective_from=day(-9)),
                Rate("solve", Decimal("0.5"), effective_from=day(-9), basis=ChargeBasis.PER_RESULT),
            ],
        )
    ]
)
TEAM_OF = {"ada": None, "bob": "ops", "cy": "guests"}


@st.composite
def sessions(draw):
    """Return a session on a grid of six hours: short, of unknown end, or up to two days long; shrinks to a short one."""
    user = draw(st.sampled_from(sorted(TEAM_OF)))
    opened = draw(st.sampled_from(QUARTERS))
    length = draw(st.sampled_from([timedelta(minutes=4), None, *(quarters * HOURS_6 for quarters in (1, 2, 3, 4, 5, 8))]))
    closed = None if length is None else opened + length
    machine = draw(st.sampled_from([None, "m1", "m2"]))
    return Session(user, draw(st.sampled_from(["revit", "viewer"])), opened, closed, team=TEAM_OF[user], machine=machine)


@st.composite
def results(draw):
    """Return results; shrinks to one."""
    user = draw(st.sampled_from(sorted(TEAM_OF)))
    return ResultUse(user, "solve", draw(st.sampled_from(QUARTERS)), draw(st.integers(1, 3)), team=TEAM_OF[user])


@st.composite
def seats(draw):
    """Return seats on the grid of six hours; shrinks to none."""
    made = []
    for user in draw(st.sets(st.sampled_from(sorted(TEAM_OF)), max_size=1)):
        start = draw(st.sampled_from(QUARTERS))
        end = draw(st.sampled_from([None, start + HOURS_6, start + 5 * HOURS_6]))
        made.append(Seat(user, "revit", start, end))
    return tuple(made)


usage = st.lists(st.one_of(sessions(), results()), max_size=9).map(tuple)
