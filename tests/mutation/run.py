"""Mutation testing: ``python tests/mutation/run.py`` puts every mutant of model, charging, pool and planning to the tests.

A mutant that no test notices survives. Each survivor has to stand in a file of ``survivors`` with the reason why it is as right as what it
was made of. The outcome of each trial is kept in ``.mutation``, so a run that was stopped goes on where it stopped; a changed file is
tried anew, and ``--again`` tries survivors without a reason anew, after tests were added or with more seconds.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing import Pool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from choosing import SETTINGS, Choice, measured
from mutants import Mutant, mutants_of, unchanged
from trials import Trial, outcomes_of

KEPT = Path(".mutation")
REASONS = Path(__file__).with_name("survivors")
FOLDERS = ("model", "charging", "pool", "planning")
ASKED = 0.95
KILLERS = 6


def main() -> int:
    """Try the mutants; return 1 where too few are killed, or where a survivor has no reason."""
    parser = argparse.ArgumentParser(description="Put mutants of the code to its tests.")
    parser.add_argument(
        "paths", nargs="*", type=Path, default=[Path("src/flexlib") / folder for folder in FOLDERS], help="what to mutate"
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the tests of one mutant may take together")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at once")
    parser.add_argument("--again", action="store_true", help="try those anew that survived before without a reason")
    terms = parser.parse_args()
    os.environ |= SETTINGS
    KEPT.mkdir(exist_ok=True)
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(KEPT.resolve() / "compiled")  # else each trial compiles everything
    with Pool(terms.jobs) as pool:
        mutants = [mutant for some in pool.map(mutants_of, _files(terms.paths), chunksize=1) for mutant in some]
    outcomes, reasons = _outcomes(), set(_reasons())
    waiting = [mutant for mutant in mutants if _name(mutant) not in outcomes]
    if terms.again:
        waiting += [mutant for mutant in _survivors(mutants, outcomes) if mutant.key not in reasons]
    if waiting:
        choice = measured(KEPT)
        _check_unchanged({mutant.path for mutant in waiting}, choice, terms.jobs)
        outcomes |= _tried(waiting, choice, terms.seconds, terms.jobs)
    return _told(mutants, outcomes, reasons)


def _tried(mutants: list[Mutant], choice: Choice, seconds: float, jobs: int) -> dict[str, bool]:
    """Put mutants to their tests, and keep each outcome at once."""
    found: dict[str, bool] = {}
    killers: dict[Path, dict[str, None]] = collections.defaultdict(dict)
    with (KEPT / "outcomes.jsonl").open("a", encoding="utf-8") as kept:
        for outcome in outcomes_of(_trials(mutants, choice, seconds, killers), jobs):
            found[_name(outcome.mutant)] = outcome.survived
            if outcome.killer:
                killers[outcome.mutant.path].pop(outcome.killer, None)
                killers[outcome.mutant.path][outcome.killer] = None
            kept.write(json.dumps({"mutant": _name(outcome.mutant), "survived": outcome.survived}) + "\n")
            kept.flush()
            if len(found) % 100 == 0:
                sys.stderr.write(f"{time.strftime('%X')} {len(found)} of {len(mutants)}\n")
    return found


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _check_unchanged(paths: Iterable[Path], choice: Choice, jobs: int) -> None:
    """Put the code as it is to some tests of each file: all have to pass, or every mutant would seem to be killed."""
    for outcome in outcomes_of(_trials((unchanged(path) for path in sorted(paths)), choice, 3.0, {}), jobs):
        if not outcome.survived:
            sys.exit(f"the tests of {outcome.mutant.path} fail without any change, {outcome.killer} first")


def _trials(mutants: Iterable[Mutant], choice: Choice, seconds: float, killers: Mapping[Path, Iterable[str]]) -> Iterator[Trial]:
    """Give each mutant its tests, those that killed the last ones of its file before others, and some four times as long as they take."""
    for mutant in mutants:
        batches = choice.batches(mutant, seconds, list(killers.get(mutant.path, ()))[: -KILLERS - 1 : -1])
        yield Trial(mutant, batches, 10 + round(4 * sum(choice.seconds[test] for tests in batches for test in tests)))


def _name(mutant: Mutant) -> str:
    """Name a mutant of this very text of its file."""
    return f"{mutant.path.as_posix()}|{mutant.operator}|{mutant.occurrence}|{hashlib.sha256(mutant.code.encode()).hexdigest()[:16]}"


def _outcomes() -> dict[str, bool]:
    """What earlier runs have found: the last word on each mutant."""
    file = KEPT / "outcomes.jsonl"
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    return {one["mutant"]: one["survived"] for one in told}


def _survivors(mutants: Iterable[Mutant], outcomes: Mapping[str, bool]) -> list[Mutant]:
    return [mutant for mutant in mutants if outcomes.get(_name(mutant))]


def _told(mutants: list[Mutant], outcomes: dict[str, bool], reasons: set[tuple[str, str, str]]) -> int:
    """Print the figures and every survivor without a reason, or reason without a survivor."""
    survivors = _survivors(mutants, outcomes)
    unexplained = [mutant for mutant in survivors if mutant.key not in reasons]
    files = {mutant.path.as_posix() for mutant in mutants}
    idle = sorted(reason for reason in reasons - {mutant.key for mutant in survivors} if reason[0] in files)
    for mutant in unexplained:
        sys.stdout.write(
            f"\nsurvived: {mutant.path.as_posix()}:{mutant.lines.start} ({mutant.operator})\n- {mutant.before}\n+ {mutant.after}\n"
        )
    for file, was, now in idle:
        sys.stdout.write(f"\nhas a reason, but does not survive: {file}\n- {was}\n+ {now}\n")
    for folder, counted in _by_folder(mutants, outcomes).items():
        sys.stdout.write(f"{folder}: {counted[False]} of {counted.total()} killed\n")
    killed = 1 - len(survivors) / len(mutants)
    sys.stdout.write(
        f"{len(mutants)} mutants, {len(mutants) - len(survivors)} killed ({killed:.1%}), {len(survivors)} survived, "
        f"{len(survivors) - len(unexplained)} of them with a reason\n"
    )
    return int(killed < ASKED or bool(unexplained) or bool(idle))


def _reasons() -> Iterator[tuple[str, str, str]]:
    for path in REASONS.glob("*.toml"):
        for one in tomllib.loads(path.read_text(encoding="utf-8"))["survivor"]:
            yield from ((one["file"], one["was"], changed) for changed in one["is"])


def _by_folder(mutants: Iterable[Mutant], outcomes: dict[str, bool]) -> dict[str, collections.Counter[bool]]:
    """How many of each folder were killed, and how many survived."""
    counted: dict[str, collections.Counter[bool]] = collections.defaultdict(collections.Counter)
    for mutant in mutants:
        counted[mutant.path.parts[2]][outcomes[_name(mutant)]] += 1
    return counted


if __name__ == "__main__":
    sys.exit(main())
