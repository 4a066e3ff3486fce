"""What holds of every reconciliation, whatever differs."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from usage_strategies import BOOK, MIDNIGHTS, PRODUCTS, TICK, ZONES, seat_lists, usage_lists
from vendor import vendors_report

from flexlib import ReportedUse, charge_reported, charge_usage, explain_usage
from flexlib.reports import DifferenceCause, reconcile

SINCE = datetime(2021, 1, 1, tzinfo=UTC)
PRICES = {
    "autocad": [(SINCE, 7), *((midnight + timedelta(hours=32), 8) for midnight in MIDNIGHTS)],
    "revit": [(SINCE, 10)],
    "maya": [(SINCE, 0)],
    "cfd": [(SINCE, 5)],
    "study": [(SINCE, 0)],
}
USERS = ("ada", "Bo", "zoe@studio.example", "9f3a", "*****")


@st.composite
def planted_rows(draw, rows):
    """Rows of which some are lost, repeated, or changed in any field; shrinks to those given."""
    changed = list(rows)
    for _ in range(draw(st.integers(0, 4))):
        if not changed:
            break
        place = draw(st.integers(0, len(changed) - 1))
        row = changed[place]
        changed[place : place + 1] = draw(
            st.sampled_from(
                [
                    [],
                    [row, row],
                    [evolve(row, day=row.day + timedelta(days=1))],
                    [evolve(row, day=row.day - timedelta(days=1))],
                    [evolve(row, tokens=8)],
                    [evolve(row, tokens=0, feature="viewer")],
                    [evolve(row, tokens=row.tokens * 2)],
                    [evolve(row, team="west")],
                    *([evolve(row, user=user)] for user in USERS),
                ]
            )
        )
    return changed


@st.composite
def stray_rows(draw):
    """Rows that have nothing to do with the usage but its names and days; shrinks to none."""
    days = st.integers(-2, 4).map(lambda number: MIDNIGHTS[0].date() + timedelta(days=number))
    row = st.builds(
        ReportedUse,
        st.sampled_from(USERS),
        st.sampled_from(PRODUCTS),
        days,
        st.sampled_from([0, 5, 7, 8, 10, 14, Decimal("0.5")]),
        team=st.sampled_from([None, "", "north"]),
        feature=st.sampled_from([None, "viewer"]),
    )
    return draw(st.lists(row, max_size=4))


@st.composite
def cases(draw):
    """Charges, rows that mostly agree with them, and what else is known; shrinks to nothing at all."""
    usage, seats, zone = draw(usage_lists()), draw(seat_lists()), draw(st.sampled_from(ZONES))
    charges = charge_usage(usage, BOOK, seats=draw(st.sampled_from([seats, []])))
    rows = [ReportedUse(c.user, c.product, c.at.astimezone(zone).date(), c.tokens, team=c.team) for c in charges]
    rows = draw(planted_rows(rows)) + draw(stray_rows())
    context = {"accounts": explain_usage(usage, BOOK, seats=seats), "seats": seats, "rates": BOOK}
    context = {name: context[name] for name in context if draw(st.booleans())}
    zones = {"zone": draw(st.sampled_from([UTC, zone]))}
    return charges, rows, context | zones | draw(st.sampled_from([{}, {"as_of": MIDNIGHTS[0]}, {"identities": {"9f3a": "ada"}}]))


def pieces(result):
    return [*result.matched, *result.differences]


@given(cases())
def test_sums_close_exactly_and_by_cause(case):
    charges, rows, context = case
    result = reconcile(charges, rows, **context)
    assert result.charged == sum(charge.tokens for charge in charges)
    assert result.reported == sum(row.tokens for row in rows)
    assert result.charged - result.reported == sum(difference.tokens for difference in result.differences)
    assert result.charged - result.reported == sum(total.tokens for total in result.by_cause().values())
    assert sum(total.count for total in result.by_cause().values()) == len(result.differences)
    assert result.unexplained_tokens >= abs(sum(difference.tokens for difference in result.unexplained))
    for match in result.matched:
        assert sum(charge.tokens for charge in match.charges) == sum(row.tokens for row in match.reported) == match.tokens


@given(cases())
def test_every_charge_and_every_row_lies_in_exactly_one_place(case):
    charges, rows, context = case
    result = reconcile(charges, rows, **context)
    assert Counter(charge.id for piece in pieces(result) for charge in piece.charges) == Counter(charge.id for charge in charges)
    assert Counter(row for piece in pieces(result) for row in piece.reported) == Counter(rows)
    assert all(piece.charges or piece.reported for piece in pieces(result))
    assert all(list(piece.charges) == sorted(piece.charges, key=lambda charge: charge.at) for piece in pieces(result))
    assert all(difference.reason for difference in result.differences)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_makes_no_difference(case, random):
    charges, rows, context = case
    result = reconcile(charges, rows, **context)

    def shuffled(values):
        return random.sample(list(values), len(values))

    again = {name: shuffled(value) if name in {"accounts", "seats"} else value for name, value in context.items()}
    assert reconcile(shuffled(charges), shuffled(rows), **again) == result


@given(cases())
def test_causes_that_only_move_tokens_or_name_users_make_no_difference_in_tokens(case):
    charges, rows, context = case
    moves = {DifferenceCause.ANOTHER_DAY, DifferenceCause.TEAM_MOVE, DifferenceCause.PERSONAL_DATA}
    assert all(not one.tokens for one in reconcile(charges, rows, **context).differences if one.cause in moves)


@given(usage_lists(), seat_lists(), st.sampled_from(ZONES))
def test_the_rows_of_a_naive_vendor_match_wholly(usage, seats, zone):
    usage = list(dict.fromkeys(usage))
    charges = charge_usage(usage, BOOK, seats=seats)
    rows = vendors_report(usage, PRICES, seats=seats, zone=zone, lists_free_use=False, tick=TICK)
    result = reconcile(charges, rows, zone=zone)
    assert {difference.cause for difference in result.differences} <= {DifferenceCause.TEAM_MOVE}
    free = vendors_report(usage, PRICES, seats=seats, zone=zone, tick=TICK)
    context = {"accounts": explain_usage(usage, BOOK, seats=seats), "seats": seats}
    causes = {difference.cause for difference in reconcile(charges, free, zone=zone, **context).differences}
    assert causes <= {DifferenceCause.TEAM_MOVE, DifferenceCause.SHORT_LAUNCH, DifferenceCause.SEAT, DifferenceCause.IDLE_PAUSE}


@given(cases())
def test_a_report_against_itself_matches_wholly_once_its_copies_are_set_aside(case):
    _, rows, _ = case
    known = [row for row in rows if row.user != "*****"]
    causes = {difference.cause for difference in reconcile(charge_reported(known), known).differences}
    assert causes <= {DifferenceCause.DUPLICATE}
