"""The history against a naive model in memory: any adds, read at any instant, in any split, once or twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import field, frozen
from hypothesis import example, given
from hypothesis import strategies as st

from flexlib import FlexError, ReportedUse, ResultUse, Seat, Session, TokenPack
from flexlib.history import History, KnownFacts
from flexlib.testing.strategies import (
    refunds,
    reported_summaries,
    reported_totals,
    reported_uses,
    result_uses,
    seats,
    sessions,
    token_packs,
    transfers,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = [START + timedelta(days=number) for number in range(8)]
MOMENT = timedelta(microseconds=1)

# Few values, so that facts, versions and repeats of old versions meet often.
reported = st.builds(
    ReportedUse,
    st.sampled_from(["ada", "ben"]),
    st.just("revit"),
    st.just(date(2026, 3, 2)),
    st.sampled_from([Decimal(10), Decimal(5), Decimal("5.0"), Decimal(0)]),
    team=st.sampled_from([None, None, "north", "south"]),
    feature=st.sampled_from([None, None, "x", "y"]),
)
packs = st.builds(
    TokenPack,
    st.sampled_from(["A", "B"]),
    st.sampled_from([100, 500]),
    st.just(START),
    st.just(DAYS[7]),
    team=st.sampled_from([None, "north"]),
)
some_seats = st.builds(
    Seat,
    st.just("ada"),
    st.sampled_from([["revit"], ["autocad", "revit"]]),
    st.just(START),
    st.sampled_from([None, DAYS[1], DAYS[2]]),
)
some_sessions = st.builds(Session, st.sampled_from(["ada", "ben"]), st.just("revit"), st.sampled_from(DAYS[:2]))
results = st.builds(
    ResultUse, st.just("ada"), st.just("cfd"), st.just(START), st.sampled_from([Decimal(1), Decimal("1.0"), Decimal(2)])
)
facts = st.lists(reported | packs | some_seats | some_sessions | results, max_size=8)
groups = st.lists(st.lists(reported, min_size=1, max_size=3), max_size=6)


@frozen
class Add:
    facts: list
    known_at: datetime


adds = st.lists(st.tuples(facts, st.integers(0, 2)), max_size=5).map(
    lambda steps: [
        Add(own, START + timedelta(days=sum(days for _, days in steps[: place + 1]))) for place, (own, _) in enumerate(steps)
    ]
)
report_adds = groups.map(lambda steps: [Add(own, DAYS[0]) for own in steps])


def key(fact):
    """Return what tells a fact from others, as the reference documents it."""
    if isinstance(fact, ReportedUse):
        return ("reported", fact.user, fact.product, fact.day)
    if isinstance(fact, TokenPack):
        return ("pack", fact.id)
    return ("seat", fact.user, fact.products, fact.starts_at) if isinstance(fact, Seat) else fact


def tokens_by(rows, names):
    """Return the tokens of rows by some of their fields."""
    found = {}
    for row in rows:
        label = tuple(getattr(row, name) for name in names)
        found[label] = found.get(label, Decimal(0)) + row.tokens
    return found


def named(rows):
    """Return which of team and feature any row names."""
    return {name for name in ("team", "feature") if any(getattr(row, name) is not None for row in rows)}


def same(one, other):
    """Tell whether two versions say the same."""
    if not isinstance(next(iter(one)), ReportedUse):
        return one == other
    both = [name for name in ("team", "feature") if name in named(one) & named(other)]
    return tokens_by(one, both) == tokens_by(other, both)


def worth(rows):
    """Return how much a version names: a team counts for more than a feature."""
    if not isinstance(next(iter(rows)), ReportedUse):
        return 0
    return 2 * ("team" in named(rows)) + ("feature" in named(rows))


@frozen
class Model:
    """Every version of every fact, in order, each with the instant since which it is known."""

    versions: dict = field(factory=dict)

    def add(self, add):
        """Add facts; return how many were new, known, changed and superseded."""
        counts = {"new": 0, "known": 0, "changed": 0, "superseded": 0}
        rows = {}
        for fact in add.facts:
            if isinstance(fact, ReportedUse):
                rows.setdefault(key(fact), set()).add(fact)
        contents = []
        for fact in add.facts:
            content = frozenset(rows.pop(key(fact), ())) if isinstance(fact, ReportedUse) else frozenset([fact])
            contents += [content] if content else []
        for content in contents:
            counts[self.place(content, add.known_at)] += 1
        return tuple(counts.values())

    def place(self, content, known_at):
        """Place a version beside those of its fact."""
        held = self.versions.setdefault(key(next(iter(content))), [])
        if not held:
            held.append((content, known_at))
            return "new"
        current, older = held[-1][0], [version for version, _ in held[:-1]]
        if same(content, current) and not worth(content) > worth(current):
            return "known"
        replaced = [version for version in older if not (same(content, current) and same(version, current))]
        if any(same(content, version) for version in replaced):
            return "superseded"
        held.append((content, known_at))
        return "changed"

    def known(self, at):
        """Return the facts as they were known at an instant."""
        last = [[content for content, known_at in held if known_at <= at][-1:] for held in self.versions.values()]
        return {fact for versions in last for version in versions for fact in version}


def counts(added):
    return (added.new, added.known, len(added.changed), added.superseded)


def flat(known: KnownFacts):
    """Return all facts that are known, each once."""
    found = [
        *known.usage,
        *known.reported,
        *known.packs,
        *known.seats,
        *known.refunds,
        *known.transfers,
        *known.summaries,
        *known.totals,
    ]
    assert len(found) == len(set(found))
    return set(found)


def empty_history():
    """Return the bytes of a history without facts, which take a while to make."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "flex.history")
        History(path).close()
        return path.read_bytes()


EMPTY = empty_history()


def fresh(folder):
    """Return a new history."""
    path = Path(folder, "flex.history")
    path.write_bytes(EMPTY)
    return History(path)


@given(adds | report_adds)
def test_a_history_says_what_the_model_says_at_every_instant(steps):
    model = Model()
    with TemporaryDirectory() as folder, fresh(folder) as history:
        for add in steps:
            assert counts(history.add(add.facts, known_at=add.known_at)) == model.add(add)
        for day in DAYS:
            assert flat(history.known(day)) == model.known(day)
            assert flat(history.known(day - MOMENT)) == model.known(day - MOMENT)
        assert flat(history.known()) == model.known(datetime.max.replace(tzinfo=UTC))


@given(adds | report_adds)
def test_adding_everything_again_leaves_the_file_as_it_is(steps):
    with TemporaryDirectory() as folder, fresh(folder) as history:
        for add in steps:
            history.add(add.facts, known_at=add.known_at)
        content = history.path.read_bytes()
        for add in [*steps, *reversed(steps)]:
            again = history.add(add.facts, known_at=add.known_at)
            assert (again.new, again.changed) == (0, ())
        assert history.path.read_bytes() == content


@given(adds, facts)
def test_what_was_known_at_an_instant_is_not_changed_by_later_adds(steps, late):
    with TemporaryDirectory() as folder, fresh(folder) as history:
        readings = {}
        for add in steps:
            readings.update({at: history.known(at) for at in (add.known_at - MOMENT, add.known_at - timedelta(days=1))})
            history.add(add.facts, known_at=add.known_at)
        end = steps[-1].known_at if steps else START
        readings[end] = history.known(end)
        history.add(late, known_at=end + MOMENT)
        history.add(late)
        assert all(history.known(at) == reading for at, reading in readings.items())


def units(given_facts):
    """Return facts as lists that no split may cut: the rows reported of one user, product and day are one."""
    found = {}
    for place, fact in enumerate(given_facts):
        found.setdefault(key(fact) if isinstance(fact, ReportedUse) else place, []).append(fact)
    return list(found.values())


@given(facts.map(units), st.sets(st.integers(1, 7)))
def test_facts_added_in_any_split_that_cuts_no_reported_day_are_known_alike(parts, cuts):
    bounds = [0, *sorted(cut for cut in cuts if cut < len(parts)), len(parts)]
    splits = [[fact for part in parts[start:end] for fact in part] for start, end in pairwise(bounds)]
    with TemporaryDirectory() as one, TemporaryDirectory() as other, fresh(one) as whole, fresh(other) as split:
        at_once = counts(whole.add([fact for part in parts for fact in part], known_at=START))
        in_parts = [counts(split.add(own, known_at=START)) for own in splits]
        assert tuple(map(sum, zip(*in_parts, strict=True))) == at_once
        assert split.known() == whole.known()
        assert split.changes() == whole.changes()


every_kind = (
    sessions()
    | result_uses()
    | reported_uses()
    | reported_summaries()
    | reported_totals()
    | token_packs()
    | seats()
    | refunds()
    | transfers()
)


def _one_of_each(given_facts):
    """Return facts without a second of one user, product and day, or of one seat, which would be another version."""
    return list({(type(fact), key(fact)): fact for fact in given_facts}.values())


@given(st.lists(every_kind, max_size=12).map(_one_of_each), st.randoms(use_true_random=False))
def test_facts_of_every_kind_are_read_back_equal_and_in_one_order_whatever_the_order_of_adding(given_facts, random):
    shuffled = random.sample(given_facts, len(given_facts))
    with TemporaryDirectory() as one, TemporaryDirectory() as other, fresh(one) as history, fresh(other) as again:
        history.add(given_facts)
        assert flat(history.known()) == set(given_facts)
        for fact in shuffled:
            again.add([fact])
        assert again.known() == history.known()


@given(adds | report_adds)
def test_changes_lead_from_the_first_version_of_each_fact_to_the_one_that_is_known(steps):
    with TemporaryDirectory() as folder, fresh(folder) as history:
        told = [change for add in steps for change in history.add(add.facts, known_at=add.known_at).changed]
        assert history.changes() == told
        known = flat(history.known())
        by_key = {}
        for change in told:
            by_key.setdefault((change.kind, change.key), []).append(change)
        for chain in by_key.values():
            assert all(earlier.after == later.before for earlier, later in pairwise(chain))
            assert set(chain[-1].after) <= known


@given(adds | report_adds)
def test_every_known_fact_has_an_origin_and_every_import_brought_something(steps):
    with TemporaryDirectory() as folder, fresh(folder) as history:
        for add in steps:
            history.add(add.facts, known_at=add.known_at)
        imports = history.imports()
        assert all(one.new + one.changed for one in imports)
        assert [one.id for one in imports] == list(range(1, len(imports) + 1))
        for fact in flat(history.known()):
            assert {origin.known_at for origin in history.origins(fact)} <= {one.known_at for one in imports}
            assert history.origins(fact)


def _history_bytes():
    with TemporaryDirectory() as folder, fresh(folder) as history:
        history.add([ReportedUse(f"user {number}", "revit", date(2026, 3, 2), 10) for number in range(60)], known_at=START)
        history.add([ReportedUse("user 1", "revit", date(2026, 3, 2), 12), TokenPack("A", 5, START, DAYS[1])], known_at=DAYS[1])
        return history.path.read_bytes()


WHOLE = _history_bytes()
places = st.integers(0, len(WHOLE) - 1)


@given(st.dictionaries(places, st.integers(0, 255), max_size=6), st.none() | places)
@example({}, 0)
@example({}, 100)
@example({18: 2, 19: 2}, None)
def test_a_damaged_history_is_read_or_refused_with_an_error_of_flexlib(flips, cut):
    content = bytearray(WHOLE)
    for place, value in flips.items():
        content[place] = value
    with TemporaryDirectory() as folder:
        path = Path(folder, "flex.history")
        path.write_bytes(content[:cut])
        refusal = _refusal(path)
        assert refusal is None or str(refusal).startswith(str(path))


def _refusal(path):
    """Return the `FlexError` with which a file is refused, or None where all of it is read; any other error fails the test."""
    try:
        with History(path, timeout=timedelta()) as history:
            _use(history)
    except FlexError as error:
        return error
    return None


def _use(history):
    """Read all that a history tells, and add to it."""
    history.known()
    history.known(START)
    history.imports()
    history.changes()
    row = ReportedUse("user 1", "revit", date(2026, 3, 2), 12)
    history.origins(row)
    history.add([row, ReportedUse("user 70", "revit", date(2026, 3, 2), 12)])
