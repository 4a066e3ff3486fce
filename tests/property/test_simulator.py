"""Made-up firms, lived by the library and by a naive model side by side: `tests/simulator/run.py` runs as many as one likes."""

import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1] / "simulator"))

from driver import Figures, MismatchError, simulate
from firm import Arrival, firm_of_seed, small_firm
from shrinking import shrunk, told

WEEKS, YEARS = {"brief": (20, 2), "quick": (100, 5), "thorough": (2_000, 10)}[os.environ.get("HYPOTHESIS_PROFILE", "quick")]
"""How many firms live for some weeks, and how many for a year."""


@given(st.randoms(use_true_random=False))
def test_every_reading_of_a_small_firm_is_that_of_the_naive_model(random):
    simulate(small_firm(random))


@pytest.mark.parametrize(
    ("years", "seeds"),
    [(0.05, range(first, first + 20)) for first in range(0, WEEKS, 20)] + [(1, range(seed, seed + 1)) for seed in range(YEARS)],
    ids=str,
)
def test_every_reading_of_a_firm_of_some_weeks_or_a_year_is_that_of_the_naive_model(years, seeds):
    for seed in seeds:
        try:
            simulate(firm_of_seed(seed, years))
        except MismatchError as error:
            error.add_note(f"python tests/simulator/run.py --seed {seed} --years {years} --runs 1")
            raise


def test_a_seed_gives_the_same_firm_and_the_same_checks_again():
    assert firm_of_seed(7, years=0.3) == firm_of_seed(7, years=0.3) != firm_of_seed(8, years=0.3)
    assert simulate(firm_of_seed(7, years=0.3)) == simulate(firm_of_seed(7, years=0.3))


def test_the_firms_of_a_few_seeds_meet_late_facts_repeats_corrections_and_crashes():
    firms, figures = [firm_of_seed(seed, years=0.5) for seed in range(4)], Figures()
    for firm in firms:
        figures.add(simulate(firm))
    arrivals = [event for firm in firms for event in firm.events if isinstance(event, Arrival)]
    assert any(arrival.again for arrival in arrivals)
    assert any(arrival.seals for arrival in arrivals)
    assert {type(fact).__name__ for arrival in arrivals for fact in arrival.facts} == {
        *("Session", "ResultUse", "ReportedUse", "Seat", "Transfer", "PackOrder", "Return")
    }
    assert figures.crashes > figures.half_written > 0
    assert figures.readings > 1_000


def test_a_window_that_is_a_microsecond_too_long_is_found_shrunk_to_a_few_facts_and_found_again():
    firm = firm_of_seed(1, years=0.3)
    wrong = evolve(firm.policy, window=timedelta(hours=24, microseconds=1))
    with pytest.raises(MismatchError) as found:
        simulate(firm, policy=wrong)
    smaller, error = shrunk(firm, found.value, policy=wrong)
    assert smaller.size <= 3
    assert "Session" in told(smaller)
    for same in (smaller, shrunk(firm, found.value, policy=wrong)[0]):
        with pytest.raises(MismatchError) as again:
            simulate(same, policy=wrong)
        assert str(again.value) == str(error)
    simulate(smaller)
