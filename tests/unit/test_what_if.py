"""The same use under other facts, held against charging and settling the other facts by hand."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve, frozen

from flexlib import (
    FLEX,
    Catalog,
    Charge,
    ChargeBasis,
    InvalidTokensError,
    InvalidValueError,
    NaiveDatetimeError,
    Product,
    Rate,
    RateBook,
    RateNotFoundError,
    RateSheet,
    Refund,
    ReportedUse,
    ResultUse,
    Seat,
    Session,
    TokenPack,
    Transfer,
    UnknownProductError,
    charge_reported,
    charge_usage,
    settle,
)
from flexlib.planning import (
    BoughtSeat,
    Facts,
    MovedToSeats,
    NoneLeftOpen,
    OtherPacks,
    OtherRates,
    SeatOffer,
    WithoutMachine,
    what_if,
)

SINCE = date(2021, 1, 1)
LONDON = ZoneInfo("Europe/London")


def book(name="own", *changes, cfd=5, **tokens):
    day_rates = [Rate(product, rate, effective_from=SINCE) for product, rate in {"autocad": 7, "revit": 10, **tokens}.items()]
    result_rate = Rate("cfd", cfd, effective_from=SINCE, basis=ChargeBasis.PER_RESULT)
    return RateBook([RateSheet(name, [*day_rates, result_rate, *changes])])


RATES = book()


def at(day, hour=0, minute=0):
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour, minutes=minute)


def session(user, product, opens, closes, **more):
    return Session(user, product, opens, closes, **more)


# Ada leaves AutoCAD open over two nights, Ben works two days at Revit, Cy's workstation and laptop are used on days of their own.
USAGE = [
    session("ada", "autocad", at(2, 9), at(4, 10)),
    session("ben", "revit", at(2, 9), at(2, 17)),
    session("ben", "revit", at(4, 9), at(4, 17)),
    session("cy", "autocad", at(2, 9), at(2, 17), machine="desk"),
    session("cy", "autocad", at(2, 12), at(2, 13), machine="laptop"),
    session("cy", "autocad", at(7, 9), at(7, 10), machine="laptop"),
]
FACTS = Facts(usage=USAGE, rates=RATES, token_price=3)
ANNUAL = SeatOffer("AutoCAD annual", "autocad", 500, currency="USD")


def spent(charges):
    return sum(charge.tokens for charge in charges)


def tokens_by_user(differences):
    return {one.user: (one.before, one.after, one.tokens) for one in differences}


def closed(*sessions, **how):
    return NoneLeftOpen(**how).apply(Facts(usage=sessions, rates=RATES)).usage


def test_without_a_change_nothing_differs():
    answer = what_if(FACTS)
    assert answer.before == answer.after
    assert (answer.tokens, answer.money, answer.paid) == (0, 0, 0)
    assert [user.user for user in answer.users] == ["ada", "ben", "cy"]
    assert not any(user.tokens or user.money for user in answer.users)


def test_before_is_what_charging_and_settling_the_facts_come_to():
    packs = [TokenPack("A", 30, at(1), at(3)), TokenPack("B", 20, at(3), at(90))]
    before = what_if(evolve(FACTS, packs=packs)).before
    charges = charge_usage(USAGE, RATES)
    ledger = settle(charges, packs)
    assert before.at == at(7, 10)
    assert before.tokens == spent(charges) == 55
    assert before.money == 165
    assert (before.drawn, before.expired) == (ledger.drawn(at(7, 10)), ledger.expired(at(7, 10))) == (44, 6)
    assert (before.shortfall, before.balance) == (ledger.shortfall(at(7, 10)), ledger.balance(at(7, 10))) == (11, 0)
    assert before.ledger == ledger


def test_a_session_left_open_overnight_is_closed_at_the_hour_of_the_day_on_which_it_opened():
    answer = what_if(FACTS, NoneLeftOpen(close_at=time(20)))
    by_hand = charge_usage([evolve(USAGE[0], closed_at=at(2, 20)), *USAGE[1:]], RATES)
    assert answer.after.ledger.charges == tuple(by_hand)
    assert (answer.before.tokens, answer.after.tokens, answer.tokens, answer.money) == (55, spent(by_hand), -14, -42)
    assert tokens_by_user(answer.users) == {"ada": (21, 7, -14), "ben": (20, 20, 0), "cy": (14, 14, 0)}


@pytest.mark.parametrize(
    ("opens", "closes", "left"),
    [
        ((2, 9), (2, 19), (2, 19)),
        ((2, 9), (2, 20), (2, 20)),
        ((2, 9), (5, 9), (2, 20)),
        ((2, 0), (3, 9), (2, 20)),
        ((2, 20), (3, 9), (3, 9)),
        ((2, 20), (4, 9), (3, 20)),
        ((2, 23), (3, 23), (3, 20)),
        ((2, 20), (2, 20), (2, 20)),
    ],
)
def test_a_session_that_opens_at_the_hour_or_later_is_closed_on_the_next_day(opens, closes, left):
    own = session("ada", "autocad", at(*opens), at(*closes), machine="desk", team="lab", version="2026")
    assert closed(own, close_at=time(20)) == (evolve(own, closed_at=at(*left)),)


def test_the_hour_is_that_of_the_zone_on_either_side_of_a_clock_change():
    winter = session("ada", "autocad", at(28, 9), at(29, 9))
    summer = session("ada", "autocad", at(29, 9), at(30, 9))
    assert [own.closed_at for own in closed(winter, summer, close_at=time(20), zone=LONDON)] == [at(28, 20), at(29, 19)]


def test_an_hour_that_the_clocks_show_twice_is_the_first_and_one_that_they_skip_falls_after_the_change():
    autumn, back = datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    [first] = closed(session("ada", "autocad", autumn, autumn + timedelta(days=2)), close_at=time(1, 30), zone=LONDON)
    assert first.closed_at == back
    [second] = closed(session("ada", "autocad", back, back + timedelta(days=3)), close_at=time(1, 30), zone=LONDON)
    assert second.closed_at == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    [skipped] = closed(session("ada", "autocad", at(28, 12), at(30)), close_at=time(1, 30), zone=LONDON)
    assert skipped.closed_at.astimezone(LONDON).time() == time(2, 30)


def test_sessions_of_unknown_end_and_results_stay_as_they_are():
    kept = (session("ada", "autocad", at(2, 23), None), ResultUse("ada", "cfd", at(2, 23)))
    assert closed(*kept, close_at=time(20)) == kept
    assert closed(*kept, at_most=timedelta(minutes=1)) == kept


def test_idle_spans_are_cut_with_their_session():
    own = session("ada", "autocad", at(2, 9), at(3, 9), idle=[(at(2, 12), at(2, 13)), (at(2, 19), at(3, 8)), (at(3, 8), at(3, 9))])
    assert closed(own, close_at=time(20)) == (
        evolve(own, closed_at=at(2, 20), idle=[(at(2, 12), at(2, 13)), (at(2, 19), at(2, 20))]),
    )


def test_a_session_is_capped_at_a_length():
    long, short = session("ada", "autocad", at(2, 9), at(4, 10)), session("ada", "autocad", at(5, 9), at(5, 10))
    assert closed(long, short, at_most=timedelta(hours=10)) == (evolve(long, closed_at=at(2, 19)), short)
    assert closed(short, at_most=timedelta(hours=1)) == (short,)


def test_at_the_end_of_time_a_length_ends_no_later_than_its_session():
    end = datetime(9999, 12, 30, tzinfo=UTC)
    own = session("ada", "autocad", end - timedelta(hours=1), end)
    assert closed(own, at_most=timedelta.max) == (own,)


def test_a_session_goes_on_at_the_hour_of_reopening_for_as_long_as_it_really_lasted():
    own = session("ada", "autocad", at(2, 9), at(4, 10))
    left = closed(own, close_at=time(20), reopen_at=time(7))
    assert [(part.opened_at, part.closed_at) for part in left] == [
        (at(2, 9), at(2, 20)),
        (at(3, 7), at(3, 20)),
        (at(4, 7), at(4, 10)),
    ]
    assert closed(evolve(own, closed_at=at(3, 7)), close_at=time(20), reopen_at=time(7)) == (evolve(own, closed_at=at(2, 20)),)


def test_with_reopening_only_the_nights_are_saved():
    night = session("ada", "autocad", at(2, 9), at(3, 9, 5))
    usage = [night, session("ben", "autocad", at(2, 9), at(3, 17))]
    facts = Facts(usage=usage, rates=RATES)
    assert what_if(facts, NoneLeftOpen(close_at=time(20))).tokens == -14
    assert what_if(facts, NoneLeftOpen(close_at=time(20), reopen_at=time(7))).tokens == 0
    assert what_if(facts, NoneLeftOpen(close_at=time(20), reopen_at=time(10))).tokens == -7


def test_who_is_idle_at_the_hour_of_reopening_launches_when_the_idle_spans_end():
    pauses = [(at(2, 18), at(3, 8)), (at(3, 6), at(3, 9)), (at(3, 12), at(3, 13))]
    own = session("ada", "autocad", at(2, 9), at(3, 17), idle=pauses)
    _, morning = closed(own, close_at=time(20), reopen_at=time(7))
    assert morning == evolve(own, opened_at=at(3, 9), idle=pauses[2:])
    assert len(closed(evolve(own, idle=[(at(2, 18), at(3, 17))]), close_at=time(20), reopen_at=time(7))) == 1
    [_, late] = closed(evolve(own, idle=[(at(3, 7), at(3, 8))]), close_at=time(20), reopen_at=time(7))
    assert late.opened_at == at(3, 8)


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({}, "close_at"),
        ({"close_at": time(20), "at_most": timedelta(hours=1)}, "close_at"),
        ({"at_most": timedelta()}, "at_most"),
        ({"at_most": timedelta(hours=1), "zone": UTC}, "at_most"),
        ({"at_most": timedelta(hours=1), "reopen_at": time(7)}, "at_most"),
        ({"close_at": time(20, tzinfo=UTC)}, "close_at"),
        ({"close_at": time(20), "reopen_at": time(7, tzinfo=UTC)}, "reopen_at"),
    ],
)
def test_closing_is_asked_for_in_one_way(how, field):
    with pytest.raises(InvalidValueError) as raised:
        NoneLeftOpen(**how)
    assert raised.value.field == field


def test_whoever_pays_for_a_product_gets_a_seat_whose_price_counts():
    answer = what_if(FACTS, MovedToSeats(ANNUAL))
    seats = [Seat(user, "autocad", at(2), datetime(2027, 3, 2, tzinfo=UTC)) for user in ("ada", "cy")]
    assert answer.after.facts.bought == tuple(BoughtSeat(seat, Decimal(500), currency="USD") for seat in seats)
    assert answer.after.ledger.charges == tuple(charge_usage(USAGE, RATES, seats=seats))
    assert (answer.tokens, answer.after.seats_cost, answer.money) == (-35, 1000, 1000 - 35 * 3)
    assert [(user.user, user.tokens, user.money) for user in answer.users] == [("cy", -14, 458), ("ada", -21, 437), ("ben", 0, 0)]
    assert [(one.product, one.before, one.after, one.tokens, one.money) for one in answer.products] == [
        ("autocad", 35, 0, -35, -105),
        ("revit", 20, 20, 0, 0),
    ]


@pytest.mark.parametrize(
    ("last", "terms", "end"),
    [
        (datetime(2026, 6, 1, 12, tzinfo=UTC), 2, datetime(2026, 7, 31, tzinfo=UTC)),
        (datetime(2026, 4, 30, 0, tzinfo=UTC), 1, datetime(2026, 4, 30, tzinfo=UTC)),
        (datetime(2026, 4, 30, 0, 1, tzinfo=UTC), 2, datetime(2026, 7, 31, tzinfo=UTC)),
        (datetime(2026, 8, 1, 0, 1, tzinfo=UTC), 3, datetime(2026, 10, 31, tzinfo=UTC)),
    ],
)
def test_a_seat_is_renewed_by_calendar_terms_until_the_last_use_is_covered(last, terms, end):
    first = session("ada", "autocad", datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 1, 31, 10, tzinfo=UTC))
    facts = Facts(usage=[first, session("ben", "revit", last - timedelta(hours=1), last)], rates=RATES)
    [bought] = MovedToSeats(SeatOffer("quarter", "autocad", 100, months=3)).apply(facts).bought
    assert (bought.cost, bought.seat) == (100 * terms, Seat("ada", "autocad", datetime(2026, 1, 31, tzinfo=UTC), end))


def test_use_that_begins_as_a_term_ends_needs_another_term():
    usage = [session("ada", "autocad", at(1, 9), at(1, 10)), session("ada", "autocad", datetime(2026, 4, 1, tzinfo=UTC), None)]
    answer = what_if(Facts(usage=usage, rates=RATES), MovedToSeats(SeatOffer("month", "autocad", 60, months=1)))
    assert (answer.after.tokens, answer.after.seats_cost) == (0, 120)


def test_seats_of_several_offers_are_all_paid_for():
    answer = what_if(FACTS, MovedToSeats(ANNUAL), MovedToSeats(SeatOffer("Revit annual", "revit", 900)))
    assert (answer.after.tokens, answer.after.seats_cost) == (0, 1900)


def test_named_users_get_a_seat_also_without_use_and_others_none():
    answer = what_if(FACTS, MovedToSeats(ANNUAL, users=["zoe", "ada", "ada"]))
    assert [(user.user, user.before, user.after, user.money) for user in answer.users] == [
        ("zoe", 0, 0, 500),
        ("ada", 21, 0, 437),
        ("ben", 20, 20, 0),
        ("cy", 14, 14, 0),
    ]


def test_who_is_free_of_tokens_already_gets_no_seat():
    usage = [
        session("dee", "autocad", at(2, 9), at(2, 9, 4)),
        session("eve", "autocad", at(2, 9), at(2, 17)),
        session("fay", "maya", at(2, 9), at(2, 17)),
    ]
    facts = Facts(usage=usage, rates=book(maya=0), seats=[Seat("eve", "autocad", at(1))], token_price=3)
    answer = what_if(facts, MovedToSeats(SeatOffer("both", ["autocad", "maya"], 500)))
    assert (answer.money, answer.after.facts.bought) == (0, ())


def test_seats_pay_for_days_and_not_for_results():
    usage = [ResultUse("ada", "cfd", at(2)), session("ada", "revit", at(2), at(3))]
    offer = SeatOffer("both", ["cfd", "revit"], 500)
    catalog = Catalog([Product("cfd", "CFD", basis=ChargeBasis.PER_RESULT), Product("revit", "Revit")])
    rows = [ReportedUse("ada", "cfd", date(2026, 3, 2), 5), ReportedUse("ada", "revit", date(2026, 3, 2), 10)]
    assert what_if(Facts(usage=usage, rates=RATES), MovedToSeats(offer)).after.tokens == 5
    assert what_if(Facts(charges=charge_usage(usage, RATES)), MovedToSeats(offer)).after.tokens == 5
    assert what_if(Facts(charges=rows, catalog=catalog), MovedToSeats(offer)).after.tokens == 5
    stripped = [evolve(charge, result=None) for charge in charge_usage(usage, RATES)]
    assert what_if(Facts(charges=stripped), MovedToSeats(offer)).after.tokens == 5


def test_products_are_met_under_the_names_that_the_catalogue_knows():
    catalog = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"]), Product("revit", "Revit")])
    facts = evolve(FACTS, catalog=catalog)
    assert what_if(facts, MovedToSeats(SeatOffer("annual", "ACD", 500))).tokens == -35
    rows = [ReportedUse("ada", "AutoCAD", date(2026, 3, 2), 7)]
    assert what_if(Facts(charges=rows, catalog=catalog), MovedToSeats(SeatOffer("annual", "ACD", 500))).tokens == -7
    with pytest.raises(UnknownProductError):
        what_if(facts, MovedToSeats(SeatOffer("annual", "acadia", 500)))


def test_an_offer_of_fewer_seats_than_users_is_refused():
    assert what_if(FACTS, MovedToSeats(evolve(ANNUAL, at_most=2))).after.seats_cost == 1000
    with pytest.raises(InvalidValueError, match="users is 2: expected at most 1"):
        what_if(FACTS, MovedToSeats(evolve(ANNUAL, at_most=1)))


@pytest.mark.parametrize("users", [None, "ada"])
def test_without_any_use_no_seat_is_bought(users):
    assert what_if(Facts(), MovedToSeats(ANNUAL, users=users)).after.facts.bought == ()


ROWS = [
    ReportedUse("ada", "autocad", date(2026, 3, 2), 7),
    ReportedUse("ada", "autocad", date(2026, 3, 3), 14),
    ReportedUse("ben", "revit", date(2026, 3, 2), 10, feature="core"),
    ReportedUse("ben", "cfd", date(2026, 3, 2), Decimal("2.5")),
    ReportedUse("cy", "autocad", date(2026, 3, 2), 0),
]


def test_of_an_export_the_days_of_whoever_gets_a_seat_fall_away():
    answer = what_if(Facts(charges=ROWS, token_price=3), MovedToSeats(ANNUAL))
    assert (answer.before.tokens, answer.after.tokens, answer.money) == (Decimal("33.5"), Decimal("12.5"), 500 - 63)
    assert answer.after.ledger.charges == tuple(charge_reported([*ROWS[2:]]))


def test_of_an_export_each_row_is_rated_anew_as_so_many_days_or_results():
    cheaper = RateBook(
        [
            RateSheet(
                "other",
                [
                    Rate("autocad", 6, effective_from=SINCE),
                    Rate("autocad", 5, effective_from=date(2026, 3, 3)),
                    Rate("revit", Decimal("9.5"), effective_from=SINCE),
                    Rate("cfd", 3, effective_from=SINCE, basis=ChargeBasis.PER_RESULT),
                ],
            )
        ]
    )
    answer = what_if(Facts(charges=ROWS, rates=RATES), OtherRates(cheaper))
    assert tokens_by_user(answer.users) == {
        "ada": (21, 16, -5),
        "ben": (Decimal("12.5"), 11, Decimal("-1.5")),
        "cy": (0, 0, 0),
    }


CFD_BY_DAY = RateBook([RateSheet("days", [Rate("cfd", 5, effective_from=SINCE)])])


@pytest.mark.parametrize(
    ("row", "old", "new", "expected"),
    [
        (("autocad", 10), RATES, RATES, "a whole number of days"),
        (("cfd", Decimal("2.5")), RATES, CFD_BY_DAY, "a rate a result also in the other book"),
        (("autocad", 0), book(autocad=0), RATES, "nothing tells how much use cost no tokens"),
        (("autocad", 7), book(autocad=0), RATES, "a rate above zero"),
        (
            ("autocad", 7),
            RATES,
            book("other", Rate("autocad", 8, effective_from=at(2, 12))),
            r"one rate throughout the day, but it changes at 2026-03-02T12:00:00\+00:00",
        ),
        (
            ("autocad", 7),
            book("own", Rate("autocad", 8, effective_from=at(2, 12))),
            RATES,
            "one rate throughout the day",
        ),
    ],
)
def test_a_row_that_cannot_be_rated_anew_exactly_is_refused(row, old, new, expected):
    facts = Facts(charges=[ReportedUse("ada", row[0], date(2026, 3, 2), row[1])], rates=old)
    with pytest.raises(InvalidValueError, match=expected):
        what_if(facts, OtherRates(new))


def test_rows_without_tokens_stay_so_where_they_were_short_launches_or_the_other_rate_is_zero_too():
    facts = Facts(charges=ROWS[4:], rates=RATES)
    assert what_if(facts, OtherRates(book(autocad=8))).after.tokens == 0
    assert what_if(evolve(facts, rates=book(autocad=0)), OtherRates(book(autocad=0))).after.tokens == 0


def test_results_whose_tokens_are_no_exact_decimal_at_the_other_rate_are_refused():
    facts = Facts(charges=[ReportedUse("ada", "cfd", date(2026, 3, 2), 1)], rates=book(cfd=3))
    with pytest.raises(InvalidValueError, match="exact decimal at the other rate"):
        what_if(facts, OtherRates(RATES))


def test_a_rate_that_changes_as_the_day_ends_or_after_the_instant_of_a_charge_is_no_matter():
    later = book("other", Rate("autocad", 8, effective_from=at(3)))
    row = ReportedUse("ada", "autocad", date(2026, 3, 2), 7)
    assert what_if(Facts(charges=[row], rates=RATES), OtherRates(later)).after.tokens == 7
    noon = book("other", Rate("autocad", 8, effective_from=at(2, 12)))
    charges = [Charge("ada", "autocad", at(2, 11), 7), Charge("ben", "autocad", at(2, 12), 7)]
    assert tokens_by_user(what_if(Facts(charges=charges, rates=RATES), OtherRates(noon)).users) == {
        "ada": (7, 7, 0),
        "ben": (7, 8, 1),
    }


def test_a_charge_that_carries_its_rate_is_rated_by_that():
    charges = charge_usage([USAGE[0]], RATES)
    facts = Facts(charges=charges, rates=book(autocad=99))
    assert what_if(facts, OtherRates(book(autocad=8))).after.tokens == 24


def test_given_charges_are_rated_anew_by_the_region_of_the_facts():
    other = RateBook([RateSheet("regions", [Rate("autocad", 9, effective_from=SINCE, region="GB")])])
    assert what_if(Facts(charges=ROWS[:1], rates=RATES, region="GB"), OtherRates(other)).tokens == 2
    with pytest.raises(RateNotFoundError):
        what_if(Facts(charges=ROWS[:1], rates=RATES), OtherRates(other))


def test_charges_cannot_be_rated_anew_without_the_book_by_which_they_were_made():
    with pytest.raises(InvalidValueError, match="the rate book by which the given charges were made"):
        what_if(Facts(charges=ROWS), OtherRates(RATES))


@pytest.mark.parametrize("change", [NoneLeftOpen(close_at=time(20)), WithoutMachine("ada", "desk")])
def test_changes_of_sessions_are_refused_for_charges(change):
    with pytest.raises(InvalidValueError, match="charges is '5 given': expected usage in their place"):
        what_if(Facts(charges=ROWS), change)


def test_other_rates_charge_the_same_usage_by_the_other_book():
    other = book("2027", autocad=8, revit=Decimal("9.5"))
    answer = what_if(FACTS, OtherRates(other))
    by_hand = charge_usage(USAGE, other)
    assert answer.after.ledger.charges == tuple(by_hand)
    assert (answer.after.tokens, answer.tokens, answer.money) == (spent(by_hand), 4, 12)


def test_usage_is_charged_in_the_region_of_the_facts():
    regional = book("own", Rate("autocad", 9, effective_from=SINCE, region="GB"))
    assert what_if(evolve(FACTS, region="GB"), OtherRates(regional)).tokens == 5 * 2


def test_after_other_rates_the_facts_hold_the_other_book():
    other = book("other")
    assert OtherRates(other).apply(Facts(charges=ROWS, rates=RATES)).rates is other


def test_given_charges_come_in_time_order():
    charges = charge_usage(USAGE, RATES)
    assert Facts(charges=[*ROWS, *reversed(charges)]).charged() == sorted(
        [*charge_reported(ROWS), *charges], key=lambda charge: (charge.at, charge.user, charge.product, charge.id)
    )


def test_without_a_machine_its_sessions_are_gone_and_nothing_else():
    answer = what_if(FACTS, WithoutMachine("cy", "laptop"))
    by_hand = charge_usage([*USAGE[:4]], RATES)
    assert answer.after.ledger.charges == tuple(by_hand)
    assert tokens_by_user(answer.users)["cy"] == (14, 7, -7)
    assert answer.tokens == -7
    assert what_if(FACTS, WithoutMachine("ada", "laptop")).tokens == 0


def priced(name, tokens, starts, price, **more):
    return TokenPack(name, tokens, starts, starts + timedelta(days=365), price=price, **more)


def test_other_packs_change_the_pool_and_what_is_paid_but_no_tokens():
    facts = evolve(FACTS, packs=[priced("small", 30, at(1), 90)])
    answer = what_if(facts, OtherPacks([priced("large", 100, at(1), 270)]))
    assert (answer.tokens, answer.money, answer.paid) == (0, 0, 180)
    assert (answer.before.shortfall, answer.before.balance) == (25, 0)
    assert (answer.after.shortfall, answer.after.balance, answer.after.drawn) == (0, 45, 55)


def test_the_pool_is_read_at_the_instant_asked_for():
    facts = evolve(FACTS, packs=[priced("large", 100, at(1), 270)])
    assert what_if(facts, at=at(2, 9)).before.balance == 100 - 24
    assert what_if(facts, at=at(1) + timedelta(days=365)).before.expired == 45
    with pytest.raises(NaiveDatetimeError):
        what_if(facts, at=datetime(2026, 3, 1))


def test_by_default_the_pool_is_read_when_the_last_thing_happens():
    charge = charge_usage(USAGE, RATES)[-1]
    facts = evolve(FACTS, packs=[priced("large", 100, at(1), 270)])
    assert what_if(evolve(facts, refunds=[Refund(charge.id, 7, at(20))])).before.at == at(20)
    moved = what_if(evolve(facts, transfers=[Transfer(None, "lab", 10, at(30))])).before
    assert (moved.at, moved.balance) == (at(30), 45)
    assert moved.ledger.balance(at(30), team="lab") == 10
    assert what_if(Facts(charges=ROWS)).before.at == at(3)
    assert what_if(Facts()).tokens == 0


def test_what_is_paid_is_the_price_of_all_packs_and_of_the_bought_seats():
    facts = evolve(FACTS, packs=[priced("A", 30, at(1), 90, currency="USD")] * 2)
    answer = what_if(facts, MovedToSeats(ANNUAL))
    assert (answer.before.paid, answer.after.paid, answer.paid) == (90, 1090, 1000)


@pytest.mark.parametrize(
    "packs",
    [
        [priced("A", 30, at(1), None)],
        [priced("A", 30, at(1), 1, currency="USD"), priced("B", 30, at(1), 1, currency="EUR")],
    ],
)
def test_what_is_paid_is_not_known_with_a_pack_without_price_or_in_several_currencies(packs):
    answer = what_if(evolve(FACTS, packs=packs), NoneLeftOpen(close_at=time(20)))
    assert answer.paid is None
    assert answer.money == -42


def test_without_a_token_price_no_money_is_told_and_users_rank_by_tokens():
    answer = what_if(evolve(FACTS, token_price=None), MovedToSeats(ANNUAL))
    assert answer.money is None
    assert [(user.user, user.money) for user in answer.users] == [("ada", None), ("cy", None), ("ben", None)]
    assert {product.money for product in answer.products} == {None}


def test_a_token_price_that_is_asked_with_goes_before_that_of_the_facts():
    assert what_if(FACTS, NoneLeftOpen(close_at=time(20)), token_price=Decimal("2.5")).money == -35
    with pytest.raises(InvalidTokensError):
        what_if(FACTS, token_price=2.5)


def test_tokens_and_seats_are_told_in_one_currency():
    assert what_if(evolve(FACTS, currency="USD"), MovedToSeats(ANNUAL)).money == 895
    with pytest.raises(InvalidValueError, match="currency is 'EUR, USD': expected one currency"):
        what_if(evolve(FACTS, currency="EUR"), MovedToSeats(ANNUAL))
    assert what_if(evolve(FACTS, token_price=None, currency="EUR"), MovedToSeats(ANNUAL)).tokens == -35


def test_users_with_equal_differences_rank_by_name_whatever_the_sign():
    usage = [session(user, product, at(2, 9), at(2, 10)) for user, product in (("bo", "revit"), ("al", "autocad"), ("di", "maya"))]
    facts = Facts(usage=usage, rates=book(maya=1))
    answer = what_if(facts, OtherRates(book(autocad=9, revit=8, maya=2)))
    assert [(user.user, user.tokens) for user in answer.users] == [("al", 2), ("bo", -2), ("di", 1)]


def test_changes_are_applied_in_their_order():
    seats, none_open = MovedToSeats(SeatOffer("month", "autocad", 60, months=1)), WithoutMachine("cy", "laptop")
    late = evolve(FACTS, usage=[session("cy", "autocad", at(2, 9), at(2, 17), machine="laptop"), *USAGE[:3]])
    assert what_if(late, seats, none_open).after.seats_cost == 120
    assert what_if(late, none_open, seats).after.seats_cost == 60
    assert what_if(late, none_open, seats).changes == (none_open.title, seats.title)


@frozen
class PolicyOf:
    policy: object

    @property
    def title(self):
        return "another policy"

    def apply(self, facts):
        return evolve(facts, policy=self.policy)


def test_a_change_of_ones_own_is_a_change():
    shorter = evolve(FLEX, window=timedelta(hours=12))
    answer = what_if(FACTS, PolicyOf(shorter))
    assert answer.after.tokens == spent(charge_usage(USAGE, RATES, policy=shorter))
    assert answer.tokens == 14


def test_a_change_that_returns_no_facts_is_named():
    class Forgetful:
        title = "a new policy"

        def apply(self, facts):
            evolve(facts, policy=FLEX)

    with pytest.raises(InvalidValueError, match="changes is None: expected facts, as what 'a new policy' makes of facts"):
        what_if(FACTS, Forgetful())


RESULT = ResultUse("ada", "cfd", at(3, 9), 2)
STUDY = Facts(usage=[USAGE[0], RESULT], rates=RATES, packs=[priced("A", 100, at(1), 300)], token_price=3)


def refunded(tokens):
    [charge] = [charge for charge in charge_usage(STUDY.usage, RATES) if charge.result]
    return evolve(STUDY, refunds=[Refund(charge.id, tokens, at(5))])


def test_tokens_are_those_that_were_not_refunded():
    answer = what_if(refunded(4))
    assert (answer.before.tokens, answer.before.money, answer.before.balance) == (27, 81, 73)
    assert tokens_by_user(answer.users) == {"ada": (27, 27, 0)}
    assert {product.product: product.before for product in answer.products} == {"autocad": 21, "cfd": 6}


def test_a_refund_falls_away_with_its_charge():
    charge = charge_usage(USAGE, RATES)[-1]
    facts = evolve(FACTS, refunds=[Refund(charge.id, 5, at(9))])
    answer = what_if(facts, WithoutMachine("cy", "laptop"))
    assert (answer.before.tokens, answer.after.tokens, answer.tokens) == (50, 48, -2)


@pytest.mark.parametrize(("rate", "part"), [(5, 4), (10, 8), (Decimal("2.5"), 2), (0, 0)])
def test_a_refund_returns_the_same_part_of_a_charge_that_has_other_tokens(rate, part):
    answer = what_if(refunded(4), OtherRates(book(cfd=rate)))
    assert answer.after.tokens == 21 + 2 * rate - part


def test_a_refund_of_a_given_charge_follows_it_by_its_id():
    core, cloud = charge_reported([ROWS[2], evolve(ROWS[2], feature="cloud", tokens=20)])
    for refunded, part in ((core, 11), (cloud, 22)):
        facts = Facts(charges=[core, cloud], rates=RATES, refunds=[Refund(refunded.id, refunded.tokens, at(9))])
        answer = what_if(facts, OtherRates(book(revit=11)))
        assert (answer.before.tokens, answer.after.tokens) == (30 - refunded.tokens, 33 - part)


def test_a_part_that_is_no_exact_decimal_at_the_other_rate_is_refused():
    charges = charge_reported(ROWS[:1])
    facts = Facts(charges=charges, rates=RATES, refunds=[Refund(charges[0].id, 1, at(9))])
    with pytest.raises(InvalidValueError, match="refunds is '1 of 7': expected a part that is an exact decimal also of 8 tokens"):
        what_if(facts, OtherRates(book(autocad=8)))


def test_a_change_may_bring_a_refund_of_a_charge_that_only_it_makes():
    made = Charge("zoe", "revit", at(3), 10)

    class More:
        title = "more"

        def apply(self, facts):
            return evolve(facts, charges=[*facts.charges, made], refunds=[Refund(made.id, 10, at(4))])

    assert what_if(Facts(charges=ROWS), More()).tokens == 0


def test_the_same_charge_given_twice_counts_once():
    charges = charge_reported(ROWS[:1]) * 2
    assert what_if(Facts(charges=charges, rates=RATES), OtherRates(book(autocad=8))).tokens == 1


def test_facts_hold_usage_with_rates_or_charges():
    with pytest.raises(InvalidValueError, match="usage or charges, not both"):
        Facts(usage=USAGE, charges=ROWS, rates=RATES)
    with pytest.raises(InvalidValueError, match="rates is None: expected a rate book"):
        Facts(usage=USAGE)
    with pytest.raises(InvalidValueError, match="ReportedUse"):
        what_if(Facts(charges=["ada"]))


def test_an_answer_explains_itself_in_words_and_as_data():
    facts = evolve(FACTS, packs=[priced("A", 30, at(1), 90)])
    explanation = what_if(facts, NoneLeftOpen(close_at=time(20)), MovedToSeats(evolve(ANNUAL, price=40), users="cy")).explain()
    assert explanation.lines == (
        "no session left open after 20:00 (UTC), then autocad on seats (AutoCAD annual) for cy: 27 tokens in place of 55 (-28)",
        "in money -44, with the seats bought",
        "paid for packs and seats +40",
        "ada: 7 tokens in place of 21 (-14), in money -42",
        "cy: 0 tokens in place of 14 (-14), in money -2",
    )
    assert explanation.data["users"][1] == {"user": "cy", "tokens": "-14", "money": "-2"}


def test_an_answer_without_money_explains_tokens_only():
    pack = TokenPack("A", 30, at(1), at(9))
    lines = what_if(evolve(FACTS, token_price=None, packs=[pack]), WithoutMachine("cy", "laptop")).explain().lines
    assert lines == (
        "without cy's machine laptop: 48 tokens in place of 55 (-7)",
        "cy: 7 tokens in place of 14 (-7)",
    )
    assert what_if(evolve(FACTS, token_price=None, packs=[pack])).explain().lines == (
        "nothing changed: 55 tokens in place of 55 (0)",
    )


@pytest.mark.parametrize(
    ("change", "title"),
    [
        (NoneLeftOpen(at_most=timedelta(hours=10)), "no session open for longer than 10:00:00"),
        (
            NoneLeftOpen(close_at=time(20), reopen_at=time(7), zone=LONDON),
            "no session left open after 20:00 until 07:00 (Europe/London)",
        ),
        (MovedToSeats(SeatOffer("AEC", ["revit", "autocad"], 1)), "revit, autocad on seats (AEC)"),
        (OtherRates(book("2027")), "other rates (2027)"),
        (OtherPacks([]), "other packs (none)"),
        (OtherPacks([priced("B", 1, at(1), 1), priced("A", 1, at(1), 1)]), "other packs (A, B)"),
        (WithoutMachine("ada", "desk"), "without ada's machine desk"),
    ],
)
def test_a_change_says_what_is_otherwise(change, title):
    assert change.title == title
