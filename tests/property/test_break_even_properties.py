"""What holds of every break-even and use profile, held against counting day by day in fractions."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from flexlib import Charge, ReportedUse, ResultUse
from flexlib.planning import Cheaper, SeatOffer, UseBand, break_even, use_profiles

amounts = st.sampled_from([Decimal(text) for text in ("0", "0.1", "0.3", "1", "3", "2.75", "7", "10")])
positive = amounts.filter(bool)
prices = st.decimals(0, 400, places=2)

ZONES = (UTC, ZoneInfo("Europe/London"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata"))
FIRST = datetime(2025, 9, 1, tzinfo=UTC)
PRODUCTS = ("autocad", "maya", "revit")
BORDERS = st.sampled_from([Decimal(text) for text in ("0", "0.25", "0.5", "1", "1.5")])


@given(positive, positive, st.integers(0, 200), st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("-0.01")]))
def test_the_break_even_is_what_counting_up_the_days_gives(tokens, price, days, beside):
    seat = max(tokens * price * days + beside, Decimal(0))
    counted = 0
    while Fraction(tokens) * Fraction(price) * (counted + 1) <= Fraction(seat):
        counted += 1
    assert break_even(tokens, token_price=price, seat_price=seat).days == counted


@given(amounts, amounts, prices, st.integers(1, 36))
def test_tokens_are_cheaper_or_equal_up_to_the_break_even_and_a_seat_after_it(tokens, price, seat, months):
    line = break_even(tokens, token_price=price, seat_price=seat, months=months)
    for point in line.curve(40):
        assert (point.cheaper is Cheaper.SEAT) is (line.days is not None and point.days > line.days)
        assert (point.cheaper is Cheaper.SAME) is (point.token_cost == seat)
        assert point.token_cost == line.token_cost(point.days) == point.tokens * price
    pays = any(point.cheaper is Cheaper.SEAT for point in line.curve())
    assert line.seat_can_pay is pays


@given(positive, positive, prices, prices)
def test_a_dearer_seat_never_pays_from_fewer_days(tokens, price, one, other):
    low, high = (break_even(tokens, token_price=price, seat_price=seat).days for seat in sorted([one, other]))
    assert low <= high


@st.composite
def charges(draw):
    """A charge of any kind within 15 months; shrinks to a computed one at the start."""
    user, product = draw(st.sampled_from(["ada", "bo"])), draw(st.sampled_from(PRODUCTS))
    at = FIRST + timedelta(hours=draw(st.integers(0, 15 * 30)) * 24 + draw(st.sampled_from([0, 9, 20, 23])))
    tokens, kind = draw(amounts), draw(st.sampled_from(["computed", "reported", "result"]))
    if kind == "reported":
        return ReportedUse(user, product, at.date(), tokens, team=draw(st.sampled_from([None, "lab"])))
    result = ResultUse(user, product, at) if kind == "result" else None
    return Charge(user, product, at, tokens, result=result)


offers = st.builds(
    SeatOffer,
    st.sampled_from("ABC"),
    st.sets(st.sampled_from(PRODUCTS), min_size=1).map(lambda names: tuple(sorted(names))),
    st.sampled_from([Decimal(text) for text in ("0", "1", "21", "42", "63", "100", "252")]),
    months=st.sampled_from([1, 3, 12, 36]),
)


def naive_starts(start, months):
    """Return the first days of the months, and the day after the last."""
    starts = []
    for number in range(months + 1):
        year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
        starts.append(date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])))
    return starts


def months_back(day, months):
    """Return the first day of the month some months before that of a day."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def naive_band(cost, seat, occasional, heavy):
    if seat is None:
        return UseBand.UNCOVERED
    if cost > Fraction(heavy) * seat:
        return UseBand.HEAVY
    return UseBand.OCCASIONAL if cost < Fraction(occasional) * seat else UseBand.REGULAR


def naive_days(given_charges, zone):
    """Return user, product, day and tokens of each distinct charge that a seat could replace."""
    rows = []
    for one in dict.fromkeys(given_charges):
        if isinstance(one, ReportedUse):
            rows.append((one.user, one.product, one.day, Fraction(one.tokens)))
        elif one.result is None:
            rows.append((one.user, one.product, one.at.astimezone(zone).date(), Fraction(one.tokens)))
    return rows


def naive_profile(rows, starts, seats, price, borders):
    """Return a profile's figures: months as days, tokens and band; break-even and band of the term; the cost of a seat a month."""
    a_month = min(seats, default=None)
    by_month = []
    for first, end in pairwise(starts):
        days = [first + timedelta(days=number) for number in range((end - first).days)]
        tokens = {day: sum(own for when, own in rows if when == day) for day in days}
        spent = sum(tokens.values())
        by_month.append((sum(own > 0 for own in tokens.values()), spent, naive_band(spent * price, a_month, *borders)))
    cost, used = sum(tokens for _, tokens, _ in by_month) * price, sum(days for days, _, _ in by_month)
    limit = None
    if a_month is not None and cost:
        limit = 0
        while (limit + 1) * cost / used <= a_month * len(by_month):
            limit += 1
    band = naive_band(cost, None if a_month is None else a_month * len(by_month), *borders)
    return by_month, limit, band


@given(
    st.lists(charges(), max_size=25),
    st.lists(offers, max_size=4),
    st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(3)]),
    st.none() | st.dates(date(2025, 8, 28), date(2026, 3, 31)),
    st.sampled_from([1, 3, 12]),
    st.sampled_from(ZONES),
    st.tuples(BORDERS, BORDERS).map(sorted).filter(lambda pair: pair[1] > 0),
    st.randoms(use_true_random=False),
)
def test_profiles_are_what_counting_day_by_day_gives(used, seats, price, start, months, zone, borders, random):
    shuffled = random.sample([*used, *used[:3]], len(used) + min(3, len(used)))
    more = {"token_price": price, "start": start, "months": months, "zone": zone, "occasional": borders[0], "heavy": borders[1]}
    profiles = use_profiles(shuffled, random.sample(seats, len(seats)), **more)
    assert profiles == use_profiles(used, seats, **more)
    rows = naive_days(used, zone)
    if start is None and rows:
        start = months_back(max(day for _, _, day, _ in rows), months - 1)
    starts = naive_starts(start, months) if rows else []
    within = {(user, product) for user, product, day, _ in rows if starts[0] <= day < starts[-1]}
    assert [(profile.user, profile.product) for profile in profiles] == sorted(within)
    for profile in profiles:
        own = [(day, tokens) for user, product, day, tokens in rows if (user, product) == (profile.user, profile.product)]
        costs = [Fraction(seat.price) / seat.months for seat in seats if profile.product in seat.products]
        by_month, limit, band = naive_profile(own, starts, costs, Fraction(price), borders)
        assert [month.starts_on for month in profile.by_month] == starts[:-1]
        assert [(month.days, Fraction(month.tokens), month.band) for month in profile.by_month] == by_month
        assert (profile.break_even_days, profile.band) == (limit, band)
        assert profile.days == sum(month.days for month in profile.by_month)
        assert profile.tokens * price == profile.token_cost
        assert profile.seasonal is (band is not UseBand.HEAVY and UseBand.HEAVY in {own for _, _, own in by_month})
        if profile.offer is not None:
            assert Fraction(profile.offer.price) / profile.offer.months == min(costs)
            assert profile.offer.price == 0 or profile.ratio == Fraction(profile.token_cost) / (min(costs) * months)
        monthly = [seat.price for seat in seats if seat.months == 1 and profile.product in seat.products]
        pays = [month.starts_on for month in profile.by_month if monthly and month.token_cost > min(monthly)]
        assert list(profile.seat_months) == pays
