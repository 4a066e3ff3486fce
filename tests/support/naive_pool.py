"""A pool told as its rules tell it: a coin for each tenth of a token, and a walk over the days (rules P1 to P5).

Nothing here is fast, and nothing here is shared with the library but the facts that go in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from flexlib import EVERY_TEAM, Charge, Refund, TokenPack, Transfer

TENTH = Decimal("0.1")


def coins_in(tokens: Decimal) -> int:
    """Return how many coins make an amount, which must be a multiple of a tenth."""
    number = int(tokens * 10)
    assert TENTH * number == tokens, f"{tokens} is no multiple of a tenth"
    return number


class Place(Enum):
    """Where a coin is."""

    TO_COME = auto()
    USABLE = auto()
    DRAWN = auto()
    EXPIRED = auto()


@dataclass(eq=False)
class Coin:
    """A tenth of a token of a pack, in a team's pool."""

    pack: TokenPack
    team: str | None
    place: Place = Place.TO_COME


@dataclass
class Picture:
    """All that can be read of the pool at an instant, in coins."""

    coins: Counter[tuple[str, str | None, Place]]
    bought: Counter[str | None]
    lacking: Counter[str | None]

    def tokens(self, wanted: Callable[[str, str | None, Place], bool]) -> Decimal:
        """Return the tokens of the coins that are wanted."""
        return TENTH * sum(number for key, number in self.coins.items() if wanted(*key))

    def usable(self, pack_id: str, team: object) -> Decimal:
        """Return what a pack still has in a pool."""
        return self.tokens(lambda own, pool, place: own == pack_id and of(team, pool) and place is Place.USABLE)


def of(team: object, pool: str | None) -> bool:
    """Tell whether a reading for a team counts a pool."""
    return team is EVERY_TEAM or team == pool


@dataclass
class NaivePool:
    """Facts brought forward over instants in order; every instant of a fact must be among them."""

    charges: Iterable[Charge]
    packs: Iterable[TokenPack]
    refunds: Iterable[Refund] = ()
    transfers: Iterable[Transfer] = ()
    instants: Sequence[datetime] = ()
    pictures: dict[datetime, Picture] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.packs = list({pack.id: pack for pack in self.packs}.values())
        self.charges = list({charge.id: charge for charge in self.charges}.values())
        self.transfers, self.refunds = set(self.transfers), set(self.refunds)
        self._with_a_pool: set[str | None] = set()
        self._coins = [Coin(pack, pack.team) for pack in self.packs for _ in range(coins_in(pack.tokens))]
        self._paid: dict[str, list[Coin]] = {}
        self._lacking: Counter[str | None] = Counter()
        for now in sorted(self.instants):
            self._live_through(now)
            self.pictures[now] = self._picture(now)

    def reading(self, at: datetime, within: timedelta, team: object = EVERY_TEAM) -> dict[str, object]:
        """Return every reading of a ledger at one of the instants, by its name."""
        picture = self.pictures[at]
        soon = sorted((pack.expires_at, pack.id) for pack in self.packs if at < pack.expires_at <= at + within)
        return {
            "balance": picture.tokens(lambda _, pool, place: of(team, pool) and place is Place.USABLE),
            "balances": {pack.id: picture.usable(pack.id, team) for pack in self.packs},
            "purchased": TENTH * sum(number for pool, number in picture.bought.items() if of(team, pool)),
            "drawn": picture.tokens(lambda _, pool, place: of(team, pool) and place is Place.DRAWN),
            "expired": picture.tokens(lambda _, pool, place: of(team, pool) and place is Place.EXPIRED),
            "shortfall": TENTH * sum(number for pool, number in picture.lacking.items() if of(team, pool)),
            "expiring": [(own, picture.usable(own, team)) for _, own in soon if picture.usable(own, team)],
        }

    def _live_through(self, now: datetime) -> None:
        for coin in self._coins:
            if coin.place is Place.USABLE and coin.pack.expires_at <= now:
                coin.place = Place.EXPIRED
            if coin.place is Place.TO_COME and coin.pack.starts_at <= now:
                coin.place = Place.USABLE
                self._with_a_pool.add(coin.team)
        for transfer in sorted((one for one in self.transfers if one.at == now), key=_order_of_transfers):
            for coin in self._first_in_line(transfer.from_team, transfer.tokens):
                coin.team = transfer.to_team
                self._with_a_pool.add(coin.team)
        for charge in sorted((one for one in self.charges if one.at == now), key=lambda one: (one.user, one.product, one.id)):
            self._pay(charge)
        for refund in sorted((one for one in self.refunds if one.at == now), key=lambda one: (one.charge_id, one.id or "")):
            self._return(refund)

    def _pay(self, charge: Charge) -> None:
        pool = self.pool_of(charge.team)
        self._paid[charge.id] = self._first_in_line(pool, charge.tokens)
        for coin in self._paid[charge.id]:
            coin.place = Place.DRAWN
        self._lacking[pool] += coins_in(charge.tokens) - len(self._paid[charge.id])

    def _return(self, refund: Refund) -> None:
        paid = self._paid[refund.charge_id]
        for _ in range(min(coins_in(refund.tokens), len(paid))):
            coin = paid.pop()
            coin.place = Place.EXPIRED if coin.pack.expires_at <= refund.at else Place.USABLE

    def pool_of(self, team: str | None) -> str | None:
        """Return the pool on which a team draws: the common one where it has none."""
        return team if team in self._with_a_pool else None

    def _first_in_line(self, team: str | None, tokens: Decimal) -> list[Coin]:
        usable = [coin for coin in self._coins if coin.place is Place.USABLE and coin.team == team]
        usable.sort(key=lambda coin: coin.pack.id)
        usable.sort(key=lambda coin: coin.pack.starts_at)
        usable.sort(key=lambda coin: coin.pack.tokens)
        usable.sort(key=lambda coin: coin.pack.expires_at)
        return usable[: coins_in(tokens)]

    def _picture(self, now: datetime) -> Picture:
        bought: Counter[str | None] = Counter()
        for pack in self.packs:
            bought[pack.team] += coins_in(pack.tokens) if pack.starts_at <= now else 0
        coins = Counter((coin.pack.id, coin.team, coin.place) for coin in self._coins)
        return Picture(coins, bought, Counter(self._lacking))


def _order_of_transfers(transfer: Transfer) -> tuple[object, ...]:
    return (transfer.from_team or "", transfer.to_team or "", transfer.id or "", transfer.tokens)


def least_expiry(charges: Sequence[Charge], packs: Sequence[TokenPack]) -> int:
    """Return the fewest whole tokens that can go unused, over every order of drawing, by trying them all.

    Each token of each charge is taken from every pack that could give it in turn, or from none.
    """
    needs = [charge.at for charge in sorted(charges, key=lambda charge: charge.at) for _ in range(int(charge.tokens))]
    states = {tuple(int(pack.tokens) for pack in packs)}
    for at in needs:
        following = set(states)
        for left in states:
            for place, pack in enumerate(packs):
                if left[place] and pack.starts_at <= at < pack.expires_at:
                    following.add((*left[:place], left[place] - 1, *left[place + 1 :]))
        states = following
    return min(sum(left) for left in states)
