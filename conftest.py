"""Runs the examples of README.md and of docs/, each page in a folder of its own (its namespace is shared by its blocks).

- A fence ``python`` or ``pycon`` runs; where it starts with ``>>>``, the output it shows is checked.
- A MyST ``{code-block}`` with a ``:caption:`` is a file of that name, written before the blocks after it run.
- A fence ``console`` runs each command after ``$ `` and checks the output shown under it, to the letter; a line ``...`` stands for
  any lines. A command that shows no output must succeed. The folder ``examples`` is there, as a copy.
- ``<!-- skip: next -->`` before a fence leaves it out.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.parsers.abstract import DocTestStringParser
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.myst.lexers import DirectiveLexer

EXAMPLES = Path(__file__).parent / "examples"


def write_file(example: Example) -> None:
    """Write a captioned block to the file that its caption names."""
    name, text = example.parsed
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def files(document: Document) -> Iterator[Region]:
    """Find the blocks that are files."""
    for region in DirectiveLexer("code-block")(document):
        name = region.lexemes["options"].get("caption")
        if name:
            region.parsed = (name, region.lexemes["source"].removeprefix("\n"))
            region.evaluator = write_file
            yield region


class SessionParser:
    """Finds the interactive Python sessions in ``pycon`` fences."""

    def __init__(self) -> None:
        self._blocks = CodeBlockParser("pycon", lambda _: None)
        self._doctests = DocTestStringParser(DocTestEvaluator())

    def __call__(self, document: Document) -> Iterator[Region]:
        """Find the sessions of a page."""
        for block in self._blocks(document):
            for region in self._doctests(block.parsed, document.path):
                region.adjust(block, block.parsed)
                yield region


def matches(given: str, shown: str) -> bool:
    """Tell whether an output is the one shown, in which a line ``...`` stands for any lines."""
    parts = [".*" if line == "..." else re.escape(line) for line in shown.splitlines()]
    return re.fullmatch("\n".join(parts), given, re.DOTALL) is not None


def run_commands(example: Example) -> str | None:
    """Run the commands of a block; tell where the output is another than the one shown."""
    lines = example.parsed.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    assert starts[:1] == [0], "a console block begins with a command after `$ `"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    surroundings = {**os.environ, "PATH": path, "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}
    for start, end in pairwise([*starts, len(lines)]):
        command, shown = lines[start].removeprefix("$ "), "\n".join(lines[start + 1 : end]).rstrip()
        done = subprocess.run(  # noqa: S602  # a reader's shell would run it, and the commands are our own
            command,
            shell=True,
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        given = "\n".join(line.rstrip() for line in done.stdout.splitlines()).rstrip()
        if shown and not matches(given, shown):
            return f"$ {command}\nshows\n{shown}\nbut gives\n{given}"
        if not shown and done.returncode:
            return f"$ {command}\nfails with {done.returncode}:\n{given}"
    return None


def enter_folder(namespace: dict[str, object]) -> None:
    """Give a page a folder of its own."""
    folder = TemporaryDirectory()
    namespace["_folder"], namespace["_came_from"] = folder, Path.cwd()
    if EXAMPLES.exists():
        shutil.copytree(EXAMPLES, Path(folder.name, EXAMPLES.name))
    os.chdir(folder.name)


def leave_folder(namespace: dict[str, object]) -> None:
    """Go back to where the tests run."""
    os.chdir(namespace["_came_from"])
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        SessionParser(),
        files,
        CodeBlockParser("console", run_commands),
        SkipParser(),
    ],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()
