"""What holds of every forecast; each path is held against the typed ledger, charge by charge."""

from datetime import UTC, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from naive_burn import SettledPath, naive_quantile
from pool_builders import day

from flexlib import Charge, Refund, TokenPack
from flexlib.planning import BurnModel, burn_paths, forecast

ZONES = [UTC, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland"), ZoneInfo("Asia/Kolkata")]
LEVELS = (Decimal("0.2"), Decimal("0.5"), Decimal("0.75"))
QUARTER = 4
FIRST, NOW, LAST = 0, 24, 36

quarters = st.integers(FIRST * QUARTER, LAST * QUARTER).map(lambda number: number / QUARTER)
tokens = st.sampled_from([Decimal(text) for text in ("0", "0.5", "1", "2", "3.1")])


@frozen
class Asked:
    """The arguments of a forecast at day 24 or a little before or after, over a history of about that many days."""

    charges: tuple[Charge, ...]
    packs: tuple[TokenPack, ...]
    refunds: tuple[Refund, ...]
    at: object
    zone: object
    model: BurnModel
    days: int
    paths: int
    seed: int

    def made(self, **changed):
        """Return the forecast, with some arguments changed."""
        own = evolve(self, **changed)
        return forecast(
            own.charges,
            at=own.at,
            days=own.days,
            packs=own.packs,
            zone=own.zone,
            model=own.model,
            paths=own.paths,
            seed=own.seed,
            levels=LEVELS,
            refunds=own.refunds,
        )

    def burn(self):
        """Return the paths of burn, as lists."""
        return burn_paths(
            self.charges,
            at=self.at,
            days=self.days,
            zone=self.zone,
            model=self.model,
            paths=self.paths,
            seed=self.seed,
            refunds=self.refunds,
        ).tolist()


@st.composite
def packs_around(draw):
    """Return packs with ends alike, that begin and end at quarters of days; shrinks to none."""
    made = []
    for name in "ABCDE"[: draw(st.integers(0, 5))]:
        start = draw(quarters)
        end = draw(st.one_of(st.sampled_from([NOW + 3, NOW + 6.5]), quarters))
        if start < end:
            made.append(TokenPack(name, draw(st.sampled_from([1, 5, 5, 20, 60])), day(start), day(end)))
    return tuple(made)


@st.composite
def asked(draw):
    """Return the arguments of a forecast; shrinks to a charge of nothing, weeks ago."""
    made = [
        Charge(draw(st.sampled_from(["ada", "bob"])), "cfd", day(draw(quarters)), draw(tokens), id=f"charge {number}")
        for number in range(draw(st.integers(0, 25)))
    ]
    back = [Refund(own.id, own.tokens, own.at + timedelta(days=2)) for own in made if own.tokens and draw(st.integers(0, 4)) == 4]
    return Asked(
        (Charge("ada", "revit", day(0), 0), *made),
        draw(packs_around()),
        tuple(back),
        day(NOW + draw(st.integers(-8, 8)) / 8),
        draw(st.sampled_from(ZONES)),
        draw(st.sampled_from([BurnModel.BOOTSTRAP, BurnModel.SEASONAL_NAIVE])),
        draw(st.integers(1, 12)),
        draw(st.integers(1, 4)),
        draw(st.integers(0, 3)),
    )


def known(own):
    """Return the refunds of charges at or before the instant."""
    return [refund for refund in own.refunds if refund.at <= own.at]


@given(asked())
def test_every_path_does_to_the_pool_what_the_ledger_says(own):
    found = own.made()
    settled = [SettledPath(path, own.charges, own.packs, at=own.at, zone=own.zone, refunds=own.refunds) for path in own.burn()]
    if found.runs_out is None:
        assert not own.packs
        return
    never = found.runs_out.until
    dates = [path.runs_out or never for path in settled]
    assert found.runs_out.dates == tuple(
        None if date == never else date for date in (naive_quantile(dates, level) for level in LEVELS)
    )
    assert found.runs_out.never == dates.count(never) / len(dates)
    assert [found.runs_out.unmet.quantile(level) for level in LEVELS] == [
        float(naive_quantile([path.unmet for path in settled], level)) for level in LEVELS
    ]
    for pack in found.expiring:
        unused = [path.unused.get(pack.pack.id, Decimal(0)) for path in settled]
        assert [pack.unused.quantile(level) for level in LEVELS] == [float(naive_quantile(unused, level)) for level in LEVELS]
        assert pack.probability == sum(tokens > 0 for tokens in unused) / len(unused)
    untold = {pack.id for pack in own.packs} - {pack.pack.id for pack in found.expiring}
    end = found.runs_out.until
    for pack in own.packs:
        if pack.id in untold and pack.expires_at.astimezone(own.zone).date() < end:
            assert all(not path.unused.get(pack.id) for path in settled)


@given(asked())
def test_days_and_totals_are_those_of_the_paths(own):
    found, paths = own.made(), own.burn()
    for number, told in enumerate(found.days):
        assert told.burn.quantiles == tuple(naive_quantile((path[number] for path in paths), level) for level in LEVELS)
    assert len(found.days) == own.days
    sums = [sum(path) for path in paths]
    assert all(
        abs(told - naive_quantile(sums, level)) < 1e-6
        for told, level in zip(found.days[-1].cumulative.quantiles, LEVELS, strict=True)
    )


@given(asked(), st.lists(st.tuples(quarters, tokens), max_size=5))
def test_what_is_charged_after_the_instant_changes_nothing(own, later):
    to_come = [
        Charge("zoe", "revit", own.at + timedelta(days=after, microseconds=1), tokens, id=f"later {number}")
        for number, (after, tokens) in enumerate(later)
    ]
    until = tuple(charge for charge in own.charges if charge.at <= own.at)
    assert own.made(charges=(*own.charges, *to_come)) == own.made(charges=until, refunds=tuple(known(own)))


@given(asked(), st.randoms(use_true_random=False))
def test_the_order_of_the_facts_and_their_repetition_make_no_difference(own, random):
    def mixed(facts):
        facts = [*facts, *facts[:3]]
        random.shuffle(facts)
        return tuple(facts)

    assert own.made(charges=mixed(own.charges), packs=mixed(own.packs), refunds=mixed(own.refunds)) == own.made()


@given(asked())
def test_quantiles_chances_and_totals_only_grow(own):
    found = own.made()
    for told in found.days:
        assert told.burn.quantiles[0] >= 0
        assert list(told.burn.quantiles) == sorted(told.burn.quantiles)
        assert list(told.cumulative.quantiles) == sorted(told.cumulative.quantiles)
    for place in range(len(LEVELS)):
        totals = [told.cumulative.quantiles[place] for told in found.days]
        assert totals == sorted(totals)
    if found.runs_out:
        dates = [date or found.runs_out.until for date in found.runs_out.dates]
        assert dates == sorted(dates)
        chances = [found.runs_out.probability_before(told.day) for told in found.days]
        assert chances == sorted(chances)
        assert abs(found.runs_out.probability_before(found.runs_out.until) + found.runs_out.never - 1) < 1e-9
    for pack in found.expiring:
        assert 0 <= pack.unused.quantiles[0] <= pack.unused.quantiles[-1] <= float(pack.left)


@given(asked(), st.integers(1, 30))
def test_a_longer_horizon_begins_as_a_shorter_one(own, more):
    assert own.made(days=own.days + more).days[: own.days] == own.made().days


@given(asked(), st.integers(-60, 60))
def test_a_shift_of_all_by_whole_weeks_shifts_the_forecast(own, weeks):
    shift = timedelta(weeks=weeks)
    moved = evolve(
        own,
        zone=UTC,
        at=own.at + shift,
        charges=tuple(Charge(each.user, each.product, each.at + shift, each.tokens, id=each.id) for each in own.charges),
        packs=tuple(evolve(each, starts_at=each.starts_at + shift, expires_at=each.expires_at + shift) for each in own.packs),
        refunds=tuple(evolve(each, at=each.at + shift) for each in own.refunds),
    ).made()
    found = own.made(zone=UTC)
    assert [(told.day, told.burn, told.cumulative) for told in moved.days] == [
        (told.day + shift, told.burn, told.cumulative) for told in found.days
    ]
    assert [(told.unused, told.left) for told in moved.expiring] == [(told.unused, told.left) for told in found.expiring]
