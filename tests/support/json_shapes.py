"""The shapes of the command's JSON: which keys its documents have, and what kind of value stands under each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click
from command import STUDIO, office, run
from plan_office import YEAR

from flexlib.cli.main import main

_KEY = re.compile("[a-z][a-z0-9_]*")
_KINDS = {str: "text", bool: "true or false", int: "whole number", float: "number", type(None): "null"}

NEEDS = {
    "plan forecast": ["numpy", "scipy", "statsmodels"],
    "plan purchase": ["numpy", "scipy", "statsmodels"],
    "plan seats": ["numpy", "scipy"],
}
"""The optional packages that commands need beside those of the extra ``cli``."""

ROUGH = """user,product,opened_at,closed_at
ada,AutoCAD 2026,2026-03-02T08:00Z,2026-03-02T17:00Z
ada,Unheard Of,2026-03-02T08:00Z,2026-03-02T17:00Z
ada,AutoCAD,yesterday,
ben,AutoCAD,2026-03-04T08:00Z,2026-03-04T17:00Z
cy,AutoCAD,2026-03-05T08:00Z,2026-03-05T17:00Z
"""
OTHER_RATES = """name = "another list"
[[rates]]
product = "autocad"
tokens = 5
effective_from = 2022-01-01
[[rates]]
product = "maya"
tokens = 6
effective_from = 2022-01-01
"""
EXPORTS = STUDIO.parent / "exports"
ACCOUNT = STUDIO / "account.toml"


def commands_with_json() -> list[str]:
    """Return the commands that take ``--json``, out of the tree of commands."""
    return sorted(name for name, command in _commands(main, ()) if any("--json" in option.opts for option in command.params))


def _commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(words), command
    if isinstance(command, click.Group):
        for word, child in command.commands.items():
            yield from _commands(child, (*words, word))


def invocations(folder: Path) -> dict[str, list[list[object]]]:
    """Return the arguments to run each command with, on the examples and on files that have something wrong; they are written to a folder."""
    rough = office(_made(folder / "rough"), sessions=ROUGH)
    other = folder / "other.toml"
    other.write_text(OTHER_RATES, "utf-8")
    kept, focus = folder / "kept.history", folder / "focus.csv"
    at = ["--at", "2026-04-03"]
    return {
        "demo": [[]],
        "explain": [
            ["ada@studio.example", "autocad", "2026-03-03T07:30", STUDIO],
            ["ada", "autocad", "2026-03-02", rough],
            ["ada@studio.example", "autocad", "2026-03-03", EXPORTS, ACCOUNT],
        ],
        "export focus": [[STUDIO, "--out", focus, "--until", "2026-04-03"]],
        "import": [[EXPORTS, ACCOUNT, "--into", kept], [rough / "sessions.csv", "--into", kept]],
        "plan forecast": [[YEAR, "--at", "2026-12-01", "--paths", "20"]],
        "plan purchase": [[YEAR, "--at", "2026-12-01", "--paths", "20"]],
        "plan seats": [[YEAR]],
        "plan what-if": [
            [STUDIO, "--close-at", "20:00"],
            [rough, "--other-rates", other],
            [YEAR, "--move-to-seats", "revit", "--seat-offer", "Revit, annual"],
        ],
        "plugins": [[]],
        "rates": [["--rates", STUDIO, *at], ["--rates", rough / "rates.toml", "--rates", other, *at]],
        "rates check": [[STUDIO / "rates.toml"], [other, rough / "rates.toml"], [ACCOUNT]],
        "rates diff": [[rough / "rates.toml", other], [STUDIO / "rates.toml", other, "--usage", STUDIO]],
        "reconcile": [[STUDIO, EXPORTS, *at]],
        "report": [[STUDIO, *at], [STUDIO, "--at", "2026-12-01"], [EXPORTS, ACCOUNT, *at], [rough, *at]],
        "summary": [[YEAR], [STUDIO, "--by", "month,team"], [rough, "--by", "user"]],
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def shape_of(command: str, arguments: Iterable[Iterable[object]]) -> object:
    """Return the shape of what a command writes, over several runs."""
    return merged([_shape(_document(command, given)) for given in arguments])


def _document(command: str, given: Iterable[object]) -> object:
    result = run(*command.split(), *given, "--json")
    assert result.stdout, f"flexlib {command} ends with {result.exit_code}: {result.stderr}"
    return json.loads(result.stdout)


def _shape(value: object, *, outermost: bool = True) -> object:
    if isinstance(value, list):
        return {"each": merged([_shape(item, outermost=False) for item in value])}
    if not isinstance(value, dict):
        return _KINDS[type(value)]
    if not value or not all(map(_KEY.fullmatch, value)):
        return {"any key": merged([_shape(item, outermost=False) for item in value.values()])}
    shapes = {key: _shape(item, outermost=False) for key, item in value.items()}
    return {"keys": {**shapes, "schema": value["schema"]} if outermost else shapes}


def merged(shapes: Iterable[object]) -> object:
    """Return one shape for all of some; where they are of several kinds, a list of these; the empty text where nothing is known."""
    different = [shape for shape in shapes if shape != ""]
    found: dict[str, object] = {}
    for shape in different:
        for kind in shape if isinstance(shape, list) else [shape]:
            name = kind if isinstance(kind, str) else next(iter(kind))
            found[name] = _together(found[name], kind) if name in found else kind
    if "keys" in found and found.get("any key") == {"any key": ""}:
        del found["any key"]  # an object that may be empty
    kinds = [found[name] for name in sorted(found)]
    return kinds[0] if len(kinds) == 1 else kinds or ""


def _together(one: object, other: object) -> object:
    if isinstance(one, str):
        return one
    assert isinstance(one, Mapping)
    assert isinstance(other, Mapping)
    [kind] = one
    if kind != "keys":
        return {kind: merged([one[kind], other[kind]])}
    sides = [{name.removesuffix("?"): shape for name, shape in side[kind].items()} for side in (one, other)]
    always = [name for name in sides[0] if name in one[kind] and name in other[kind]]
    names = sorted({*sides[0], *sides[1]})
    return {
        kind: {name if name in always else f"{name}?": merged([side[name] for side in sides if name in side]) for name in names}
    }


def lines_of(shape: object, place: str = "$") -> Iterator[str]:
    """Yield a shape as lines, each with a place and the kind of value that stands there, as ``$.rates[].tokens: text``."""
    for one in shape if isinstance(shape, list) else [shape]:
        if isinstance(one, str):
            yield f"{place}: {one or 'never seen'}"
        elif "keys" in one:
            yield f"{place}: object"
            for name, inner in sorted(one["keys"].items()):
                yield from lines_of(inner, f"{place}.{name}")
        else:
            [(kind, inner)] = one.items()
            yield f"{place}: {'array' if kind == 'each' else 'object of any keys'}"
            yield from lines_of(inner, place + ("[]" if kind == "each" else ".*"))
