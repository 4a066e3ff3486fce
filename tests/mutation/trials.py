"""Put mutants to their tests: each in a process of its own, forked from one that has already imported what flexlib stands on."""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing import connection, get_context
from pathlib import Path
from types import CodeType

import pytest
from attrs import frozen
from mutants import Mutant

READY_MADE = (
    "attrs",
    "cattrs",
    "dateutil.relativedelta",
    "hypothesis",
    "numpy",
    "pluggy",
    "scipy.optimize",
    "scipy.stats",
)
MEMORY = 6 << 30
PATIENCE = 10  # a trial that waits, or that other programs hold up, is given so many times its seconds
TESTS_PASSED = 0


@frozen
class Trial:
    """A mutant, the tests for it in batches, and the seconds of a processor that they may take: code that never ends is noticed."""

    mutant: Mutant
    batches: list[list[str]]
    seconds: int


@frozen
class Outcome:
    """What became of a mutant: whether all tests passed, and the test that failed first, where one did."""

    mutant: Mutant
    survived: bool
    killer: str | None


class FirstFailure:
    """A plugin of pytest that tells the other end of a pipe which test failed."""

    def __init__(self, told: connection.Connection) -> None:
        self.told = told

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell of a failure."""
        if report.failed:
            self.told.send(report.nodeid)


class MutatedLoader(SourceFileLoader):
    """A loader that compiles the mutant instead of the file."""

    mutated = ""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the mutant."""
        return compile(self.mutated, self.get_filename(fullname), "exec", dont_inherit=True)


class MutantFinder:
    """Finds the one module that is mutated."""

    def __init__(self, mutant: Mutant) -> None:
        parts = mutant.path.with_suffix("").parts[1:]
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        """Give the mutant where its module is asked for."""
        if name != self.name:
            return None
        file = str(self.mutant.path.resolve())
        loader = MutatedLoader(name, file)
        loader.mutated = self.mutant.code
        return spec_from_file_location(name, file, loader=loader)


def outcomes_of(trials: Iterable[Trial], jobs: int) -> Iterator[Outcome]:
    """Run the trials, so many at once, and tell what became of each mutant."""
    for name in READY_MADE:
        importlib.import_module(name)
    if any(name.partition(".")[0] == "flexlib" for name in sys.modules):
        raise RuntimeError("flexlib is imported already, so no mutant of it would be")
    fork, waiting, running = get_context("fork"), iter(trials), {}
    while True:
        while len(running) < jobs and (trial := next(waiting, None)) is not None:
            listening, told = fork.Pipe(duplex=False)
            process = fork.Process(target=_tried, args=(trial, told))
            process.start()
            told.close()
            running[process.sentinel] = (process, trial, listening, time.monotonic() + PATIENCE * trial.seconds)
        if not running:
            return
        first = min(ends for *_, ends in running.values())
        connection.wait(list(running), timeout=max(0.0, first - time.monotonic()))
        for sentinel, (process, trial, listening, ends) in list(running.items()):
            if process.exitcode is None and time.monotonic() < ends:
                continue
            _stopped(process.pid)
            process.join()
            del running[sentinel]
            yield Outcome(trial.mutant, process.exitcode == TESTS_PASSED, _first_told(listening))


def _first_told(listening: connection.Connection) -> str | None:
    """Give what a trial told first, nothing where it ended without a word."""
    with listening:
        try:
            return listening.recv() if listening.poll() else None
        except EOFError:
            return None


def _stopped(group: int) -> None:
    """End whatever a trial has left running."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _tried(trial: Trial, told: connection.Connection) -> None:
    """In the trial's process: run the tests, and end with pytest's own exit code."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (trial.seconds, trial.seconds))
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
    sys.meta_path.insert(0, MutantFinder(trial.mutant))
    files = tempfile.mkdtemp(prefix="mutant-")
    settings = ["-x", "-q", "--tb=no", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={files}/made"]
    settings += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is imported already, and has nothing to rewrite
    code = TESTS_PASSED
    for tests in trial.batches:
        try:
            code = int(pytest.main([*settings, *tests], plugins=[FirstFailure(told)]))
        except BaseException:  # noqa: BLE001  # whatever escapes from pytest, the mutant is noticed
            code = 1
        if code != TESTS_PASSED:
            break
    shutil.rmtree(files, ignore_errors=True)
    os._exit(code)
