"""Which tests run which line, and how long each takes: measured once, with each test's name as the context of coverage."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree as ET

from attrs import frozen
from coverage import CoverageData
from mutants import Mutant

INTERFACE = "tests/compat/test_public_api.py"
TESTS = ("tests/unit", "tests/property", INTERFACE)
# Tests of the command, charts, files and plugins, and those that start processes: slow, far from what is mutated, or blind to it.
LEFT_OUT = (
    "*/test_command_*",
    "*/test_chart*",
    "*/test_concurrency*",
    "*/test_docs*",
    "*/test_export*",
    "*/test_focus*",
    "*/test_hanging_plugins*",
    "*/test_history_crashes*",
    "*/test_merging*",
    "*/test_page*",
    "*/test_plugin*",
    "*/test_reader_limits*",
    "*/test_scale_*",
    "*/test_security*",
    "*/test_settle_frame*",
    "*/test_simulator*",
    "*/test_studio*",
    "*/test_testing_*",
)
SETTINGS = {
    "HYPOTHESIS_PROFILE": "mutation",
    "HYPOTHESIS_NO_PLUGINS": "1",  # flexlib itself is one, and a trial must be the first to import it
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@frozen(slots=False)
class Choice:
    """Which tests to put a mutant to."""

    seconds: dict[str, float]
    contexts: dict[str, dict[int, list[str]]]

    def batches(self, mutant: Mutant, budget: float, killers: Collection[str]) -> list[list[str]]:
        """Name the tests that run the mutant's statement, as many as the seconds allow, those that are quick and about little first.

        They come in batches, one after the other: those that killed the mutants before it, those of the file that is most about this
        code, of the two after that, and the others. Most mutants die in the first two, before other files are imported. A statement
        that runs at import, such as a constant, whichever test came to import it, is put to the tests of the interface, to those that
        run anything of its file, and then to all.
        """
        lines = self.contexts.get(mutant.path.as_posix(), {})
        running = {name for line in mutant.lines for name in lines.get(line, ()) if name and not mutant.at_import}
        about = running or {name for names in lines.values() for name in names if name}
        first = [name for name in killers if name in running]
        by_file: dict[str, list[str]] = defaultdict(list)
        for name in self._within(budget, [about] if running else [self._interface, about, self.seconds.keys()]):
            by_file[name.partition("::")[0]].append(name)
        weights = {file: sum(1 / self.breadths[name] for name in names if name in about) for file, names in by_file.items()}
        files = sorted(by_file, key=lambda file: (file != INTERFACE, -weights[file]))
        parts = [[name for file in some for name in by_file[file]] for some in (files[:1], files[1:3], files[3:])]
        return [part for part in [first, *parts] if part]

    @cached_property
    def breadths(self) -> Counter[str]:
        """How many lines of all files each test runs: few, where it is about little."""
        return Counter(name for lines in self.contexts.values() for names in lines.values() for name in names)

    @cached_property
    def _interface(self) -> list[str]:
        return [name for name in self.seconds if name.startswith(INTERFACE)]

    def _cost(self, test: str) -> float:
        return self.seconds[test] * max(self.breadths[test], 1)

    def _within(self, budget: float, groups: Iterable[Collection[str]]) -> Iterator[str]:
        """Give the names group by group, in each those first that are quick and run few lines, until the seconds are spent."""
        spent = 0.0
        for name in dict.fromkeys(name for group in groups for name in sorted(group, key=self._cost)):
            spent += self.seconds[name]
            if spent > budget:
                return
            yield name


def measured(folder: Path) -> Choice:
    """Run all tests once under coverage, in so many processes as there are processors; a failing one is an error."""
    data, report = folder / "coverage", folder / "times.xml"
    if not report.exists():
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "auto",
            "--cov=flexlib",
            "--cov-context=test",
            "--cov-report=",
            "--tb=line",
        ]
        command += [f"--ignore-glob={pattern}" for pattern in LEFT_OUT]
        command += [f"--junit-xml={report}.part", "-o", "junit_family=xunit1", *TESTS]
        subprocess.run(command, check=True, env={**os.environ, **SETTINGS, "COVERAGE_FILE": str(data)})
        Path(f"{report}.part").rename(report)
    return Choice(_seconds(report), _contexts(data))


def _seconds(report: Path) -> dict[str, float]:
    """How long each test took, with its setup."""
    cases = ET.parse(report).getroot().iter("testcase")
    return {f"{case.get('file')}::{case.get('name')}": float(case.get("time", "0")) + 0.002 for case in cases}


def _contexts(data: Path) -> dict[str, dict[int, list[str]]]:
    """For each file, by its path from here, the tests that run each line."""
    coverage = CoverageData(str(data))
    coverage.read()
    found = {}
    for file in coverage.measured_files():
        by_line = coverage.contexts_by_lineno(file)
        found[Path(file).relative_to(Path.cwd()).as_posix()] = {
            line: [context.partition("|")[0] for context in contexts] for line, contexts in by_line.items()
        }
    return found
