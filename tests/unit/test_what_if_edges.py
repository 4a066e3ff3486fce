"""The edges of what would have been: who is named, which refunds follow, and what is shown. All figures are made up."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from attrs import evolve, frozen

from flexlib import Rate, RateBook, RateSheet, Refund, Session, charge_usage
from flexlib.planning import Facts, OtherRates, WithoutMachine, what_if


def book(tokens):
    return RateBook([RateSheet("own", [Rate("autocad", tokens, effective_from=date(2021, 1, 1))])])


def session(user, day, machine=None):
    return Session(user, "autocad", datetime(2026, 3, day, 9, tzinfo=UTC), datetime(2026, 3, day, 17, tzinfo=UTC), machine=machine)


RATES = book(7)
FACTS = Facts(usage=[session("ada", 2), session("cy", 2, "desk")], rates=RATES, token_price=3)


@frozen
class Joined:
    """One who was not there begins to work."""

    title = "another user"

    def apply(self, facts):
        return evolve(facts, usage=[*facts.usage, session("dee", 3)])


def test_who_used_something_only_before_or_only_after_is_named():
    answer = what_if(FACTS, WithoutMachine("cy", "desk"), Joined())
    assert [(one.user, one.before, one.after) for one in answer.users] == [("cy", 7, 0), ("dee", 0, 7), ("ada", 7, 7)]


@frozen
class JoinedAndRefunded:
    """One begins to work and gets all of it back, which is told before the refunds that there are."""

    title = "another user, refunded"

    def apply(self, facts):
        more = Joined().apply(facts)
        made = charge_usage(more.usage, more.rates)[-1]
        return evolve(more, refunds=[Refund(made.id, made.tokens, made.at), *facts.refunds])


def test_a_refund_of_a_charge_that_was_not_there_stays_and_those_told_after_it_follow():
    cy = charge_usage(FACTS.usage, RATES)[1]
    facts = evolve(FACTS, refunds=[Refund(cy.id, 7, datetime(2026, 3, 9, tzinfo=UTC))])
    answer = what_if(facts, OtherRates(book(8)), JoinedAndRefunded())
    assert [(one.user, one.before, one.after) for one in answer.users] == [("ada", 7, 8), ("cy", 0, 0), ("dee", 0, 0)]


@pytest.mark.parametrize(("tokens", "shown"), [("7.5", "(+1)"), ("6.5", "(-1)"), ("7.25", "(+0.5)"), ("7", "(0)")])
def test_a_difference_is_shown_with_its_sign(tokens, shown):
    assert shown in str(what_if(FACTS, OtherRates(book(Decimal(tokens)))).explain())


def test_a_repr_shows_what_was_asked_and_not_all_the_use():
    answer = what_if(FACTS, OtherRates(RATES))
    assert "usage=" not in repr(FACTS)
    assert "charges=" not in repr(FACTS)
    assert "rates=" not in repr(FACTS)
    assert repr(OtherRates(RATES)) == "OtherRates()"
    assert "facts=" not in repr(answer.before)
    assert "ledger=" not in repr(answer.before)
