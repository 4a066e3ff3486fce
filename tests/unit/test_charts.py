"""The charts: what they draw is what the values say, every name stands as it is, and no text is cut off."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from matplotlib.colors import to_hex
from matplotlib.dates import date2num
from matplotlib.text import Text

from flexlib import Charge, InvalidValueError, NaiveDatetimeError, ReportedUse, TokenPack, charge_reported, settle
from flexlib.planning import (
    BurnModel,
    DayForecast,
    Estimate,
    Forecast,
    PackForecast,
    PackOffer,
    RunOut,
    SeatOffer,
    break_evens,
    plan_purchase,
    seat_mix,
    use_profiles,
)
from flexlib.reports import charts, summarize
from flexlib.reports.charts import DARK, LIGHT, drawing, save_chart

ODD = r"_US$3 \frac $4"  # as mathematics it could not be drawn
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEVELS = tuple(map(Decimal, ("0.1", "0.5", "0.9")))
MONTHLY, ANNUAL = SeatOffer("monthly", ODD, 250, months=1), SeatOffer(ODD, ODD, 2000)


def days_of(user, product, days, tokens=10, first=AT):
    return [Charge(user, product, first + timedelta(day), tokens) for day in range(days)]


def rows(*offers, tokens=7):
    return break_evens({ODD: tokens}, offers, token_price=3)


def profiles(days=(150, 60, 20), offers=(ANNUAL,)):
    charges = [charge for number, own in enumerate(days) for charge in days_of(f"{ODD} {number:03}", ODD, own)]
    return use_profiles(charges, offers, token_price=3, start=date(2026, 3, 1))


def mix(**asked):
    charges = [*days_of("ada", ODD, 300), *days_of("ben", ODD, 20), *days_of("cleo", ODD, 5, first=AT + timedelta(40))]
    return seat_mix(charges, [ANNUAL, MONTHLY], start=date(2026, 3, 1), **({"token_price": 3} | asked))


def estimate(*quantiles):
    return Estimate(sum(quantiles) / len(quantiles), LEVELS, quantiles)


PACKS = [
    TokenPack("A", 100, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)),
    TokenPack(ODD, 500, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC)),
    TokenPack("C", 50, datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 9, 5, tzinfo=UTC)),
]


def outlook(dates=(date(2026, 3, 12), date(2026, 3, 20), None), *, never=0.25, pool=True, days=60):
    ahead = [DayForecast(AT.date() + timedelta(n), estimate(1, 2, 4), estimate(n + 1, 2 * n + 2, 4 * n + 4)) for n in range(days)]
    run_out = RunOut(((date(2026, 3, 12), 0.75),), never, ahead[-1].day + timedelta(1), LEVELS, dates, estimate(0, 1, 2))
    ending = tuple(PackForecast(pack, pack.tokens, estimate(0, 3, 12), 0.5) for pack in PACKS[:2])
    return Forecast(
        AT, BurnModel.BOOTSTRAP, 1000, 0, LEVELS, 365, tuple(ahead), run_out if pool else None, ending if pool else (), None
    )


def purchase():
    offers = [PackOffer("500 tokens", 500, 1500, currency="USD"), PackOffer(ODD, 5000, 13500, currency="USD")]
    return plan_purchase([[tokens] * 365 for tokens in (12, 14, 14, 15, 15, 16, 17, 18, 20, 30)], offers, at=AT)


def ledger():
    charges = [*days_of("ada", "revit", 20, first=AT + timedelta(3)), *days_of("ben", ODD, 30, 30, first=AT + timedelta(30))]
    return settle(charges, PACKS)


UNTIL = datetime(2026, 5, 1, tzinfo=UTC)
BURNED = [*days_of("ada", ODD, 80), *days_of("ben", "revit", 200, 7, first=AT + timedelta(hours=5))]
SAMPLES = {
    "break-even": lambda theme: charts.break_even_chart(rows(MONTHLY, ANNUAL), theme=theme),
    "users": lambda theme: charts.users_chart(profiles(), theme=theme),
    "seat-mix": lambda theme: charts.seat_mix_chart(mix(), theme=theme),
    "forecast": lambda theme: charts.forecast_chart(outlook(), theme=theme),
    "purchase": lambda theme: charts.purchase_chart(purchase(), theme=theme),
    "balance": lambda theme: charts.balance_chart(ledger(), until=UNTIL, theme=theme),
    "burn": lambda theme: charts.burn_chart(BURNED, theme=theme),
    "hours": lambda theme: charts.use_heat_map(BURNED, theme=theme),
    "months": lambda theme: charts.use_heat_map(BURNED, across="month", theme=theme),
    "nothing": lambda theme: charts.burn_chart([], theme=theme),
}
BY_THEME = {"light": LIGHT, "dark": DARK}
EVERY = pytest.mark.parametrize("name", SAMPLES)


@cache
def drawn(name, theme="light"):
    """A sample, drawn."""
    figure = SAMPLES[name](BY_THEME[theme])
    figure.draw_without_rendering()
    return figure


def marked(figure, gid):
    """What was drawn under a name, in order: the artist where there is one."""
    return [artist for artist in figure.findobj() if artist.get_gid() == gid]


def points(figure, gid):
    [line] = marked(figure, gid)
    return [(float(x), float(y)) for x, y in zip(*line.get_data(), strict=True)]


def texts(figure):
    figure.draw_without_rendering()
    return [text.get_text() for text in shown(figure)]


def shown(figure):
    """The texts that can be seen; ticks beyond the ends of an axis cannot."""
    beyond = set()
    for own in figure.axes:
        for axis in (own.xaxis, own.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            beyond |= {label for tick in ticks for label in (tick.label1, tick.label2) if not low <= tick.get_loc() <= high}
        if not own.axison:
            beyond |= {own.xaxis.label, own.yaxis.label, *own.get_xticklabels(), *own.get_yticklabels()}
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible() and text not in beyond]


@EVERY
@pytest.mark.parametrize("theme_name", BY_THEME)
def test_no_text_is_cut_off_and_each_has_the_themes_colour(name, theme_name):
    figure, theme = drawn(name, theme_name), BY_THEME[theme_name]
    frame = figure.bbox
    for text in shown(figure):
        box = text.get_window_extent()
        inside = frame.x0 <= box.x0 + 1 and box.x1 - 1 <= frame.x1 and frame.y0 <= box.y0 + 1 and box.y1 - 1 <= frame.y1
        assert inside, text.get_text()
        assert to_hex(text.get_color()).upper() == theme.text, text.get_text()
    assert {to_hex(own.get_facecolor()).upper() for own in (figure, *figure.axes[:1])} == {theme.background}


@EVERY
def test_no_two_texts_cover_each_other(name):
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(drawn(name))]
    for number, (text, box) in enumerate(boxes):
        for other, beside in boxes[number + 1 :]:
            across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            up = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            assert across < 2 or up < 2, (text, other)


@EVERY
def test_names_are_drawn_as_they_are_and_the_same_chart_gives_the_same_bytes(name, tmp_path):
    for place, figure in (("one.svg", drawn(name)), ("two.svg", SAMPLES[name](LIGHT))):
        save_chart(figure, tmp_path / place)  # it would raise if a name were read as mathematics
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    if name not in {"hours", "months", "nothing"}:
        assert any(ODD in text.get_text() for text in shown(drawn(name)))


def test_a_break_even_is_marked_at_its_days_on_the_line_of_the_tokens():
    figure = charts.break_even_chart(rows(ANNUAL))
    [row] = rows(ANNUAL)
    assert points(figure, "mark 0") == [(row.days, float(row.break_even.token_cost(row.days)))] == [(95, 1995)]
    [(_, low), (right, high)] = points(figure, "seat 0")
    assert (low, high) == (2000, 2000)
    [(_, start), (end, cost)] = points(figure, "tokens")
    assert (start, cost / end) == (0, pytest.approx(21))
    assert 95 < right <= 366
    assert "95 days in 12 months" in texts(figure)


def test_seats_of_several_terms_are_compared_by_the_month():
    figure = charts.break_even_chart(rows(MONTHLY, ANNUAL))
    assert points(figure, "mark 0") == [(pytest.approx(95 / 12), pytest.approx(1995 / 12))]
    assert points(figure, "mark 1") == [(11, 231)]
    assert [points(figure, f"seat {number}")[0][1] for number in (0, 1)] == [pytest.approx(2000 / 12), 250]
    assert {"95 days in 12 months", "11 days in 1 month", "days of use a month"} <= set(texts(figure))


def test_the_order_of_the_rows_makes_no_difference(tmp_path):
    for place, own in (("one.png", rows(MONTHLY, ANNUAL)), ("two.png", rows(MONTHLY, ANNUAL)[::-1])):
        save_chart(charts.break_even_chart(own), tmp_path / place)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize(("tokens", "price"), [(7, 20_000), (0, 2000)])
def test_a_seat_that_no_days_of_a_term_pay_for_has_no_mark(tokens, price):
    figure = charts.break_even_chart(rows(SeatOffer("dear", ODD, price), tokens=tokens))
    assert marked(figure, "mark 0") == []
    assert "tokens never cost more" in texts(figure)


def test_the_days_stand_beside_each_mark():
    words = texts(charts.break_even_chart(rows(SeatOffer("low", ODD, 500), ANNUAL)))
    assert {"23 days in 12 months", "95 days in 12 months"} <= set(words)


def test_where_days_would_cover_each_other_they_stand_with_the_names():
    close = [SeatOffer(f"offer {number}", ODD, 2000 + number) for number in range(12)]
    words = texts(charts.break_even_chart(rows(*close)))
    assert "offer 3\n2,003 for 12 months: 95 days" in words
    assert "95 days in 12 months" not in words


def test_rows_of_several_products_are_no_one_chart():
    with pytest.raises(InvalidValueError, match="revit"):
        charts.break_even_chart([*rows(ANNUAL), *break_evens({"revit": 10}, [SeatOffer("r", "revit", 2900)], token_price=3)])


def test_each_user_stands_at_the_days_of_use_in_the_band_with_the_break_even():
    figure = charts.users_chart(profiles())
    known = {own.user: own for own in profiles()}
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    dots = {place: (days, band) for band in ("heavy", "regular", "occasional") for days, place in points(figure, band)}
    assert names == sorted(known, key=lambda user: -known[user].days)
    assert [dots[place] for place in range(3)] == [(known[user].days, known[user].band.value) for user in names]
    assert points(figure, "break-even") == [(known[user].break_even_days, place) for place, user in enumerate(names)]


def test_of_two_hundred_users_forty_are_drawn_and_the_others_counted():
    figure = charts.users_chart(profiles(days=[1 + number % 150 for number in range(200)]))
    assert len(figure.axes[0].get_yticklabels()) == 40
    assert any("and 160 more" in text for text in texts(figure))
    assert len(charts.users_chart(profiles(), most=2).axes[0].get_yticklabels()) == 2
    with pytest.raises(InvalidValueError, match="most"):
        charts.users_chart(profiles(), most=0)


def test_users_of_products_without_an_offer_have_no_break_even():
    figure = charts.users_chart(profiles(offers=()))
    assert marked(figure, "break-even") == []
    assert len(points(figure, "uncovered")) == 3


def test_a_break_even_that_no_term_reaches_is_not_drawn():
    assert marked(charts.users_chart(profiles(offers=(SeatOffer("dear", ODD, 50_000),))), "break-even") == []


def test_the_parts_of_a_mix_add_up_to_its_cost_beside_tokens_alone_and_the_bound():
    own, figure = mix(), charts.seat_mix_chart(mix())
    parts = [artist for number in range(1, 4) for artist in marked(figure, f"part {number}")]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in parts]
    assert (ends[0][0], ends[-1][1]) == (0, float(own.cost))
    assert all(one[1] == other[0] for one, other in pairwise(ends))
    assert sum(bar.get_width() for bar in parts[:-1]) == float(own.seat_cost)
    assert parts[-1].get_width() == float(own.token_cost)
    [alone] = marked(figure, "tokens alone")
    assert alone.get_width() == float(own.tokens_only_cost)
    assert {x for x, _ in points(figure, "lower bound")} == {float(own.lower_bound)}
    assert len({seat.offer for seat in own.seats}) == 2
    assert "no plan can cost less" in texts(figure)


def test_a_mix_says_where_packs_do_not_reach_for_tokens_alone():
    own = mix(token_price=None, packs=[PackOffer("33 tokens", 33, 99, at_most=2)])
    assert own.tokens_only_cost is None
    figure = charts.seat_mix_chart(own)
    assert "the packs on offer do not reach for it" in texts(figure)
    assert any("50 tokens from 2 × 33 tokens: 198" in text for text in texts(figure))  # noqa: RUF001  # the sign


def test_the_lines_of_a_forecast_are_the_quantiles_of_what_is_burned_by_each_days_end():
    figure = charts.forecast_chart(outlook())
    for level in LEVELS:
        line = points(figure, f"quantile {level}")
        assert line[0] == (date2num(AT.date()), 0)
        days = [(date2num(own.day + timedelta(1)), own.cumulative.quantile(level)) for own in outlook().days]
        assert line[1:] == days


def test_a_forecast_marks_when_the_pool_runs_out_and_what_expires():
    figure = charts.forecast_chart(outlook())
    assert {x for x, _ in points(figure, "run-out 0.1")} == {date2num(date(2026, 3, 12))}
    assert {x for x, _ in points(figure, "run-out 0.5")} == {date2num(date(2026, 3, 20))}
    assert marked(figure, "run-out 0.9") == []
    said = "The pool runs out\n10 % by 12 Mar 2026\n50 % by 20 Mar 2026\nnot by 30 Apr 2026: 25 %"
    assert {said, "A expires with 5 tokens on average"} <= set(texts(figure))
    assert [points(figure, f"expiry {number}")[0][0] for number in (0, 1)] == [date2num(pack.expires_at) for pack in PACKS[:2]]


def test_a_forecast_without_a_pool_or_with_one_that_never_runs_out_is_drawn_too():
    assert not any("pool" in text for text in texts(charts.forecast_chart(outlook(pool=False))))
    certain = texts(charts.forecast_chart(outlook((date(2026, 3, 12), date(2026, 3, 20), date(2026, 3, 21)), never=0.0)))
    assert "The pool runs out\n10 % by 12 Mar 2026\n50 % by 20 Mar 2026\n90 % by 21 Mar 2026" in certain
    lasting = texts(charts.forecast_chart(outlook((None, None, None), never=1.0)))
    assert "The pool runs out\nnot by 30 Apr 2026: 100 %" in lasting


def test_the_bars_of_a_purchase_are_the_expected_costs_and_the_chosen_one_is_framed():
    plan, figure = purchase(), charts.purchase_chart(purchase())
    by_tokens = sorted(plan.options, key=lambda option: option.tokens)
    packs, later = figure.axes[0].containers[:2]
    assert [bar.get_height() for bar in packs] == [float(option.price) for option in by_tokens]
    tops = [bar.get_y() + bar.get_height() for bar in later]
    assert tops == [pytest.approx(float(option.expected_cost)) for option in by_tokens]
    [frame] = marked(figure, "chosen")
    place = by_tokens.index(plan.options[0])
    assert (frame.get_x() + frame.get_width() / 2, frame.get_height()) == (pytest.approx(place), float(plan.expected_cost))
    words = [f"{drawing.grouped(own.tokens)}\n{drawing.percent(own.left_to_expire.probability)}" for own in by_tokens]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == words


def test_the_areas_of_a_balance_are_the_packs_and_the_top_one_is_drawn_on_first():
    own, figure = ledger(), charts.balance_chart(ledger(), until=UNTIL)
    for x, balance in points(figure, "balance"):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(x)
        assert balance == float(own.balance(at.replace(microsecond=0)))
    assert marked(figure, "balance")[0].get_drawstyle() == "steps-post"
    areas = [marked(figure, f"area {number}")[0].get_paths()[0] for number in range(3)]
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    left = own.balances(noon.replace(hour=0))
    assert all(left[pack] > 0 for pack in ("A", ODD, "C"))
    low = 0.0
    for number, pack in [(2, "C"), (1, ODD), (0, "A")]:
        middle = (date2num(noon), low + float(left[pack]) / 2)
        assert [area.contains_point(middle) for area in areas] == [place == number for place in range(3)]
        low += float(left[pack])


def test_a_balance_marks_what_expired_and_when_the_pool_was_short():
    own, figure = ledger(), charts.balance_chart(ledger(), until=UNTIL)
    assert {x for x, _ in points(figure, f"expiry {ODD}")} == {date2num(PACKS[1].expires_at)}
    assert f"{ODD}: {own.expired(UNTIL)} expired unused" in texts(figure)
    assert points(figure, "short") == sorted((date2num(gap.at), 0) for gap in own.shortfalls)
    assert f"short of {own.shortfall(UNTIL)} tokens in all" in texts(figure)
    early = charts.balance_chart(ledger(), until=AT)
    assert not any("short" in text or "unused" in text for text in texts(early))


def test_a_balance_is_read_at_the_start_of_each_day_of_the_zone():
    berlin = ZoneInfo("Europe/Berlin")
    figure = charts.balance_chart(ledger(), until=UNTIL, zone=berlin)
    read = {x for x, _ in points(figure, "balance")}
    assert {date2num(datetime(2026, 3, 29, tzinfo=berlin)), date2num(datetime(2026, 3, 30, tzinfo=berlin))} <= read
    with pytest.raises(NaiveDatetimeError):
        charts.balance_chart(ledger(), until=datetime(2026, 5, 1))


def test_of_many_packs_the_small_ones_are_one_area():
    packs = [TokenPack(f"P-{number:02}", 100 + number, AT, UNTIL) for number in range(30)]
    figure = charts.balance_chart(settle([], packs), until=AT + timedelta(1))
    assert "19 other packs" in texts(figure)
    assert marked(figure, "area 12") == []
    assert points(figure, "balance")[0][1] == sum(100 + number for number in range(30))


@pytest.mark.parametrize("by", ["month", "week"])
def test_the_bars_of_the_burn_are_those_of_the_summary_and_a_month_without_charges_has_its_place(by):
    charges = [*days_of("ada", ODD, 5), *days_of("ben", "revit", 100, first=AT + timedelta(100))]
    bars = charts.burn_chart(charges, by=by).axes[0].containers
    known = {row.key: row.tokens for row in summarize(charges, by)}
    heights = [sum(bar.get_height() for bar in column) for column in zip(*bars, strict=True)]
    assert [height for height in heights if height] == [float(tokens) for tokens in known.values()]
    assert len(heights) > len(known)
    assert [sum(bar.get_height() for bar in own) for own in bars] == [1000, 50]


def test_the_largest_products_have_their_own_bars_and_names_and_the_others_share_one():
    charges = [charge for number in range(12) for charge in days_of("ada", f"p-{number:02}", 3, 10 + number)]
    figure = charts.burn_chart(charges, names={"p-11": "Eleven"})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "Eleven",
        *(f"p-{n:02}" for n in range(10, 4, -1)),
        "5 others",
    ]
    assert figure.axes[0].containers[-1][0].get_height() == 3 * sum(range(10, 15))
    eight = charts.burn_chart(charges[: 3 * 8]).legends[0].get_texts()
    assert len(eight) == 8
    assert not any("others" in text.get_text() for text in eight)
    with pytest.raises(InvalidValueError, match="month or week"):
        charts.burn_chart(charges, by="day")


def cells(figure):
    [mesh] = figure.axes[0].collections
    return mesh.get_array().tolist()


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Kolkata")], ids=str)
def test_the_heat_map_holds_the_tokens_of_each_hour_of_the_week_in_the_zone(zone):
    figure = charts.use_heat_map(BURNED, zone=zone)
    known = {row.key[0]: float(row.tokens) for row in summarize(BURNED, "hour", zone=zone)}
    assert cells(figure) == [[known.get(24 * day + hour, 0) for hour in range(24)] for day in range(7)]
    assert f"hour of the day ({zone})" in texts(figure)


def test_what_the_vendor_reported_has_no_hours_but_months():
    reported = charge_reported([ReportedUse("ada", "revit", date(2026, 3, 2) + timedelta(day), 10) for day in range(40)])
    with pytest.raises(InvalidValueError, match="across='month'"):
        charts.use_heat_map(reported)
    figure = charts.use_heat_map(reported, across="month")
    assert cells(figure) == [[50, 10], [50, 10], [40, 20], [40, 20], [40, 20], [40, 10], [40, 10]]
    assert {"Mar\n2026", "Apr"} <= set(texts(figure))
    with pytest.raises(InvalidValueError, match="hour or month"):
        charts.use_heat_map(reported, across="day")


EMPTY = {
    "There is no seat on offer to compare with.": lambda: charts.break_even_chart([]),
    "No use in the term.": lambda: charts.users_chart([]),
    "No pack starts before 1 May 2026.": lambda: charts.balance_chart(settle([], []), until=UNTIL),
    "Nothing was charged.": lambda: charts.use_heat_map([Charge("ada", "revit", AT, 0)]),
}


@pytest.mark.parametrize("words", EMPTY)
def test_a_chart_of_nothing_says_so(words):
    assert words in texts(EMPTY[words]())


def test_long_names_are_shortened_and_stay_on_one_line():
    assert drawing.shortened("ada\n  lovelace") == "ada lovelace"
    assert drawing.shortened("x" * 28) == "x" * 28
    assert drawing.shortened("x" * 29) == "x" * 27 + "…"


def test_amounts_and_shares_are_written_for_readers():
    amounts = [Decimal(0), Decimal("7.5"), Decimal("99.99"), Decimal("100.4"), Decimal(1234567)]
    assert [drawing.grouped(amount) for amount in amounts] == ["0", "7.50", "99.99", "100", "1,234,567"]
    assert [drawing.percent(share) for share in (0, 0.0001, 0.123, 0.9999, 1)] == ["0 %", "<0.1 %", "12.3 %", ">99.9 %", "100 %"]


def test_places_are_moved_apart_in_their_order_and_not_beyond_the_highest():
    assert drawing.apart([1, 9, 5], 2, 10) == [1, 9, 5]
    assert drawing.apart([5, 5, 5.5], 2, 20) == [5, 7, 9]
    assert drawing.apart([9, 10, 9.5], 2, 10) == [6, 10, 8]
    assert drawing.apart([], 2, 10) == []


@pytest.mark.parametrize("name", charts.__all__)
def test_a_public_name_is_loaded_when_it_is_asked_for_and_tells_since_when_it_is_there(name):
    value = getattr(charts, name)
    if callable(value):
        assert value.__doc__.rstrip().endswith(".. versionadded:: 0.1.0")


PROGRAM = """
import sys
import flexlib.reports.charts as charts
assert "matplotlib" not in sys.modules
charts.save_chart(charts.burn_chart([]), sys.argv[1])
assert "matplotlib" in sys.modules and "matplotlib.pyplot" not in sys.modules
try:
    charts.pie_chart
except AttributeError as error:
    print(error)
"""


def test_charts_load_matplotlib_when_one_is_asked_for_and_pyplot_never(tmp_path):
    run = [sys.executable, "-c", PROGRAM, str(tmp_path / "chart.svg")]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout == "module 'flexlib.reports.charts' has no attribute 'pie_chart'\n"
