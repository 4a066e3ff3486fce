"""Simulations: a pool that refuses openings it cannot pay (rule P4)."""

import json
from datetime import timedelta
from decimal import Context, Decimal, localcontext
from itertools import permutations

import pytest
from pool_builders import MOMENT, day, pack, rates, session, transfer

from flexlib import (
    Catalog,
    ChargeBasis,
    ChargePolicy,
    InvalidValueError,
    LedgerError,
    Product,
    Rate,
    RateBook,
    RateNotFoundError,
    RateSheet,
    ResultUse,
    Seat,
    Session,
    UnknownProductError,
    WindowCause,
    charge_usage,
    settle,
    simulate,
)

RATES = rates(revit=10, maya=6, viewer=0)
PER_RESULT = RateBook([RateSheet("test", [Rate("solve", 5, effective_from=day(-9), basis=ChargeBasis.PER_RESULT)])])


def refused(simulation):
    return [(refusal.use, refusal.at, refusal.needed, refusal.balance) for refusal in simulation.refusals]


def paid(simulation):
    return [(charge.user, charge.product, charge.at) for charge in simulation.charges]


def test_p4_a_pool_that_is_large_enough_pays_what_settle_pays():
    usage = [session(0, 1.5), session(1, 3, user="bob", product="maya"), session(2.5, 2.75)]
    simulation = simulate(usage, RATES, [pack("A", 500, 0, 9)])
    assert simulation.charges == charge_usage(usage, RATES)
    assert simulation.ledger == settle(simulation.charges, [pack("A", 500, 0, 9)])
    assert simulation.windows == [charge.window for charge in simulation.charges]
    assert simulation.refusals == []


# at opening


@pytest.mark.parametrize(("tokens", "opens"), [(Decimal("9.9"), False), (10, True), (Decimal("10.1"), True)])
def test_p4_a_product_opens_at_a_balance_of_its_rate_and_not_below(tokens, opens):
    simulation = simulate([session(1, 1.5)], RATES, [pack("A", tokens, 0, 9)])
    assert len(simulation.charges) == opens
    assert refused(simulation) == ([] if opens else [(session(1, 1.5), day(1), 10, tokens)])


def test_p4_a_refused_opening_charges_nothing_and_opens_no_window():
    simulation = simulate([session(1, 1.5)], RATES, [pack("A", 9, 0, 9)])
    assert (simulation.charges, simulation.windows, simulation.ledger.draws) == ([], [], ())
    assert simulation.ledger.balance(day(2)) == 9


def test_p4_an_opening_at_zero_is_refused():
    simulation = simulate([session(1, 1.5), session(2, 2.5, product="maya")], RATES, [pack("A", 10, 0, 9)])
    assert refused(simulation) == [(session(2, 2.5, product="maya"), day(2), 6, 0)]


@pytest.mark.parametrize(("at", "opens"), [(day(2) - MOMENT, True), (day(2), False)], ids=["just before the end", "at the end"])
def test_p4_an_opening_with_every_pack_expired_is_refused(at, opens):
    use = Session("ada", "revit", at, at + timedelta(hours=1))
    simulation = simulate([use], RATES, [pack("A", 500, 0, 2)])
    assert refused(simulation) == ([] if opens else [(use, at, 10, 0)])


def test_p4_without_a_pack_every_opening_is_refused():
    simulation = simulate([session(1, 1.5), session(2, 2.5)], RATES, [])
    assert [refusal.at for refusal in simulation.refusals] == [day(1), day(2)]


def test_p4_a_product_whose_rate_is_zero_opens_only_while_the_pool_has_tokens():
    usage = [session(1, 1.5, product="viewer"), session(2, 2.5), session(3, 3.5, product="viewer")]
    simulation = simulate(usage, RATES, [pack("A", 10, 0, 9)])
    assert paid(simulation) == [("ada", "viewer", day(1)), ("ada", "revit", day(2))]
    assert refused(simulation) == [(usage[2], day(3), 0, 0)]


def test_p4_a_later_session_tries_anew_once_a_new_pack_has_started():
    usage = [session(1, 1.2), session(1.5, 1.7), session(2, 2.2)]
    simulation = simulate(usage, RATES, [pack("A", 10, 2, 9)])
    assert [refusal.use for refusal in simulation.refusals] == usage[:2]
    assert paid(simulation) == [("ada", "revit", day(2))]


def test_p4_a_refused_session_stays_refused_when_a_pack_starts_while_it_would_be_open():
    simulation = simulate([session(1, 5)], RATES, [pack("A", 100, 2, 9)])
    assert simulation.charges == []
    assert len(simulation.refusals) == 1


def test_p4_an_overlapping_session_that_opens_later_tries_anew():
    usage = [session(1, 3), session(2, 4, machine="m2")]
    simulation = simulate(usage, RATES, [pack("A", 10, 2, 9)])
    assert refused(simulation)[0] == (usage[0], day(1), 10, 0)
    assert paid(simulation) == [("ada", "revit", day(2))]
    assert refused(simulation)[1] == (usage[1], day(3), 10, 0)


def test_p4_a_user_who_cannot_pay_does_not_stop_another_product_or_user():
    usage = [session(1, 1.5), session(1, 1.5, product="maya"), session(1, 1.5, user="bob", product="viewer")]
    simulation = simulate(usage, RATES, [pack("A", 7, 0, 9)])
    assert paid(simulation) == [("ada", "maya", day(1)), ("bob", "viewer", day(1))]


def test_p4_two_machines_that_are_open_together_are_refused_together():
    usage = [
        session(0, 3, machine="m2"),
        session(0.5, 2, machine="m1"),
        session(0.2, 0.4, machine="m3"),
        session(0.2, 1, machine="m4"),
    ]
    simulation = simulate(usage, RATES, [pack("A", 10, 0, 9)])
    assert refused(simulation) == [(usage[0], day(1), 10, 0), (usage[1], day(1), 10, 0)]


def test_p4_machines_that_open_at_one_instant_are_refused_in_a_fixed_order():
    usage = [session(1, 3, machine=f"m{number}") for number in range(8)]
    for given in (usage, usage[::-1]):
        assert [refusal.use.machine for refusal in simulate(given, RATES, []).refusals] == [f"m{number}" for number in range(8)]


# at a window's end


def test_p4_a_session_that_is_open_at_a_windows_end_is_refused_there_if_the_pool_cannot_pay():
    simulation = simulate([session(0, 5)], RATES, [pack("A", 25, 0, 9)])
    assert paid(simulation) == [("ada", "revit", day(0)), ("ada", "revit", day(1))]
    assert refused(simulation) == [(session(0, 5), day(2), 10, 5)]
    assert [charge.window.cause for charge in simulation.charges] == [WindowCause.LAUNCH, WindowCause.STILL_OPEN]


def test_c4_a_session_that_ends_at_its_windows_end_needs_no_further_charge():
    simulation = simulate([session(0, 1)], RATES, [pack("A", 10, 0, 9)])
    assert simulation.refusals == []


def test_p4_a_session_at_its_windows_end_is_paid_by_a_pack_that_starts_at_that_instant():
    simulation = simulate([session(0, 1.5)], RATES, [pack("A", 10, 0, 9), pack("B", 10, 1, 9)])
    assert len(simulation.charges) == 2


def test_p4_a_session_whose_seat_ends_is_refused_from_that_instant():
    simulation = simulate([session(0, 2)], RATES, [], seats=[Seat("ada", "revit", day(-1), day(1))])
    assert refused(simulation) == [(session(0, 2), day(1), 10, 0)]
    assert simulation.refusals[0].explain().lines[0] == "ada could not go on using revit at 2026-01-02T00:00:00+00:00"


def test_c6_use_after_an_idle_pause_is_refused_where_it_comes_back():
    use = session(0, 3, idle=[(0.5, 2)])
    simulation = simulate([use], RATES, [pack("A", 10, 0, 9)])
    assert refused(simulation) == [(use, day(2), 10, 0)]


# what is never refused


def test_p4_use_inside_a_window_is_not_refused_with_an_empty_pool():
    simulation = simulate([session(0, 0.2), session(0.4, 0.6), session(0.8, 1)], RATES, [pack("A", 10, 0, 9)])
    assert (len(simulation.charges), simulation.refusals) == (1, [])


def test_p4_use_under_a_seat_is_not_refused_with_an_empty_pool():
    assert simulate([session(0, 5)], RATES, [], seats=[Seat("ada", "revit", day(0))]).refusals == []


def test_p4_a_short_launch_is_not_refused_with_an_empty_pool():
    short = session(0, 4 / 24 / 60)
    assert simulate([short], RATES, []).refusals == []
    assert len(simulate([short], RATES, [], policy=ChargePolicy(grace=timedelta())).refusals) == 1


def test_c7_a_session_of_unknown_end_is_refused_at_its_opening_and_never_later():
    assert refused(simulate([session(1, None)], RATES, [])) == [(session(1, None), day(1), 10, 0)]
    assert simulate([session(1, None)], RATES, [pack("A", 10, 0, 9)]).refusals == []


def test_c7_a_session_of_unknown_end_that_opens_at_a_windows_end_needs_a_window_of_its_own():
    usage = [session(0, 0.5), session(1, None)]
    assert refused(simulate(usage, RATES, [pack("A", 10, 0, 9)])) == [(usage[1], day(1), 10, 0)]


# results


def test_p4_results_that_the_pool_cannot_pay_are_refused():
    usage = [ResultUse("ada", "solve", day(1), 2), ResultUse("ada", "solve", day(2), 1), ResultUse("ada", "solve", day(3), 1)]
    simulation = simulate(usage, PER_RESULT, [pack("A", 14, 0, 9), pack("B", 1, 3, 9)])
    assert [charge.at for charge in simulation.charges] == [day(1), day(3)]
    assert refused(simulation) == [(usage[1], day(2), 5, 4)]
    assert simulation.windows == []


def test_p4_a_refused_result_is_explained():
    refusal = simulate([ResultUse("ada", "solve", day(1), 2)], PER_RESULT, [pack("A", 4, 0, 9)]).refusals[0]
    assert refusal.explain().lines == (
        "ada could not open solve at 2026-01-02T00:00:00+00:00",
        "it needs 10 tokens and the pool had 4",
    )


# teams and transfers


def test_p4_a_team_is_refused_by_its_own_pool_and_one_without_by_the_common_pool():
    usage = [session(1, 2, user="bob", team="ops"), session(1, 2, user="cy", team="guests"), session(1.5, 2, user="dan")]
    simulation = simulate(usage, RATES, [pack("A", 10, 0, 9), pack("B", 9, 0, 9, team="ops")])
    assert paid(simulation) == [("cy", "revit", day(1))]
    assert refused(simulation) == [(usage[0], day(1), 10, 9), (usage[2], day(1.5), 10, 0)]


def test_p4_a_window_is_paid_by_the_team_for_which_its_user_works_as_it_opens():
    usage = [session(1, 1.5, team="ops"), session(3, 3.5, team="lab")]
    simulation = simulate(usage, RATES, [pack("A", 10, 0, 9, team="ops"), pack("B", 10, 0, 9, team="lab")])
    assert [(charge.at, charge.team) for charge in simulation.charges] == [(day(1), "ops"), (day(3), "lab")]
    assert [window.cause for window in simulation.windows] == [WindowCause.LAUNCH, WindowCause.LAUNCH]


def test_p5_a_transfer_within_the_simulation_pays_an_opening_from_its_very_instant():
    usage = [session(1, 1.1, team="ops"), session(2, 2.1, team="ops")]
    moves = [transfer(None, "ops", 10, 2)]
    packs = [pack("A", 30, 0, 9), pack("own", 1, 0, 9, team="ops")]
    simulation = simulate(usage, RATES, packs, transfers=moves)
    assert refused(simulation) == [(usage[0], day(1), 10, 1)]
    assert paid(simulation) == [("ada", "revit", day(2))]
    assert simulation.ledger == settle(simulation.charges, packs, transfers=moves)
    assert simulation.ledger.shortfall(day(9)) == 0


def test_p5_a_transfer_away_leaves_too_little_to_open():
    usage = [session(1, 1.1)]
    simulation = simulate(usage, RATES, [pack("A", 15, 0, 9)], transfers=[transfer(None, "ops", 10, 0.5)])
    assert refused(simulation) == [(usage[0], day(1), 10, 5)]


def test_p5_transfers_of_one_instant_are_taken_in_the_order_of_settle_however_they_are_given():
    usage, packs = [session(1, 1.1, team="c")], [pack("A", 10, 0, 9, team="a")]
    moves = [transfer("a", "b", 10, 1), transfer("b", "c", 10, 1), transfer("c", "a", 4, 1)]
    for given in permutations(moves):
        assert refused(simulate(usage, RATES, packs, transfers=given)) == [(usage[0], day(1), 10, 6)]
        assert settle([], packs, transfers=given).balance(day(1), team="c") == 6


def test_a_transfer_or_a_pack_given_twice_counts_once():
    moves = [transfer(None, "ops", 5, 0.5)] * 2
    simulation = simulate([session(1, 1.1, team="ops")], RATES, [pack("A", 15, 0, 9)] * 2, transfers=moves)
    assert [refusal.balance for refusal in simulation.refusals] == [5]
    assert simulate([session(1, 1.1)], RATES, [pack("A", 9, 0, 9)] * 2).refusals[0].balance == 9


def test_a_session_given_twice_is_refused_once():
    assert len(simulate([session(1, 1.5), session(1, 1.5)], RATES, []).refusals) == 1


def test_a_result_given_twice_or_under_two_names_of_its_product_is_paid_once():
    catalog = Catalog([Product("solve", "CFD solve", basis=ChargeBasis.PER_RESULT)])
    usage = [ResultUse("ada", "solve", day(1)), ResultUse("ada", "solve", day(1)), ResultUse("ada", "CFD solve", day(1))]
    simulation = simulate(usage, PER_RESULT, [pack("A", 20, 0, 9)], catalog=catalog)
    assert len(simulation.charges) == 1
    assert simulation.ledger.balance(day(1)) == 15
    assert len(simulate(usage, PER_RESULT, [], catalog=catalog).refusals) == 1


# explanations and errors


def test_p4_a_refusal_explains_itself_in_words_and_as_data():
    simulation = simulate([session(0, 2)], RATES, [pack("A", Decimal("12.5"), 0, 9)])
    explanation = simulation.refusals[0].explain()
    assert explanation.lines == (
        "ada could not go on using revit at 2026-01-02T00:00:00+00:00",
        "it needs 10 tokens and the pool had 2.5",
    )
    assert explanation.rules == ("P4",)
    assert json.loads(json.dumps(explanation.data)) == {
        "user": "ada",
        "product": "revit",
        "at": "2026-01-02T00:00:00+00:00",
        "needed": "10",
        "balance": "2.5",
    }
    opening = simulate([session(0, 2)], RATES, []).refusals[0].explain()
    assert opening.lines[0] == "ada could not open revit at 2026-01-01T00:00:00+00:00"


def test_c2_the_names_of_one_product_share_a_window_and_a_refusal():
    catalog = Catalog([Product("revit", "Revit", aliases=["RVT"])])
    usage = [session(0, 3, product="RVT"), session(0.5, 3, product="Revit 2026")]
    simulation = simulate(usage, RATES, [pack("A", 10, 0, 9)], catalog=catalog)
    assert paid(simulation) == [("ada", "revit", day(0))]
    assert {refusal.use for refusal in simulation.refusals} == set(usage)
    with pytest.raises(UnknownProductError):
        simulate([session(0, 1, product="maya")], RATES, [], catalog=catalog)


def test_a_rate_of_the_region_is_what_the_pool_must_have():
    regional = [Rate("revit", 10, effective_from=day(-9)), Rate("revit", 8, effective_from=day(-9), region="EMEA")]
    simulation = simulate([session(0, 1)], RateBook([RateSheet("test", regional)]), [pack("A", 8, 0, 9)], region="EMEA")
    assert [charge.tokens for charge in simulation.charges] == [8]


def test_a_simulation_refuses_what_charging_and_settling_refuse():
    with pytest.raises(RateNotFoundError):
        simulate([session(0, 1, product="unknown")], RATES, [])
    with pytest.raises(LedgerError):
        simulate([], RATES, [pack("A", 1, 0, 9), pack("A", 2, 0, 9)])
    with pytest.raises(InvalidValueError):
        simulate(["no use"], RATES, [])


def test_c10_a_simulation_is_exact_whatever_the_decimal_context_of_the_caller():
    odd = [pack("A", Decimal("1234.567"), 0, 9)]
    exactly = simulate([session(0, 2)], rates(revit=Decimal("1234.566")), odd)
    with localcontext(Context(prec=2)):
        assert simulate([session(0, 2)], rates(revit=Decimal("1234.566")), odd) == exactly
    assert [refusal.balance for refusal in exactly.refusals] == [Decimal("0.001")]
