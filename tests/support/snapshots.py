"""The committed snapshots of the interface, and its revisions: what the tests of compatibility compare with."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
API = ROOT / "tests" / "compat" / "public_api.txt"
SCHEMAS = ROOT / "tests" / "compat" / "json_schemas.json"
REVISIONS = ROOT / "tests" / "compat" / "revisions.txt"
CHANGELOG = ROOT / "CHANGELOG.md"

_TOLD = re.compile(r"\bInterface\s+revision\s+(\d+)\b")
_WHAT_TO_DO = """
The interface differs from its snapshot ("-" is the snapshot, "+" is the code). Where that is meant:
1. run `python tests/compat/snapshot.py`;
2. say in CHANGELOG.md, under the version to come, what changes for those who use flexlib, with the words "Interface revision N" that the script gives.
"""


def read_api() -> dict[str, list[str]]:
    """Return the lines about each module's public names, as they were committed."""
    modules: dict[str, list[str]] = {}
    for line in API.read_text("utf-8").splitlines():
        if line.startswith("# "):
            modules[line.removeprefix("# ")] = lines = []
        elif line:
            lines.append(line)
    return modules


def write_api(modules: Mapping[str, Iterable[str]]) -> None:
    """Write the lines about each module's public names."""
    texts = ["\n".join([f"# {module}", *lines]) for module, lines in modules.items()]
    API.write_text("\n\n".join(texts) + "\n", "utf-8")


def read_schemas() -> dict[str, object]:
    """Return the shape of each command's JSON, as it was committed."""
    return json.loads(SCHEMAS.read_text("utf-8"))


def write_schemas(shapes: Mapping[str, object]) -> None:
    """Write the shape of each command's JSON."""
    SCHEMAS.write_text(json.dumps(shapes, indent=1, sort_keys=True) + "\n", "utf-8")


def difference(title: str, before: Iterable[str], now: Iterable[str]) -> str:
    """Return what is no more and what is new, and what to do then; nothing where there is no difference."""
    compared = [line for line in difflib.ndiff(list(before), list(now)) if line[:2] in {"- ", "+ "}]
    return "\n".join(["", title, *compared, _WHAT_TO_DO]) if compared else ""


def digest() -> str:
    """Return the digest of the two snapshots."""
    texts = [path.read_text("utf-8") for path in (API, SCHEMAS)]  # the ends of lines make no difference
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def revisions() -> dict[int, str]:
    """Return the digest of the snapshots at each revision."""
    if not REVISIONS.exists():
        return {}
    pairs = [line.split() for line in REVISIONS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {int(number): text for number, text in pairs}


def revisions_told(changelog: str) -> set[int]:
    """Return the revisions that a changelog names."""
    return {int(number) for number in _TOLD.findall(changelog)}


def revise(found: Mapping[int, str], current: str, told: set[int]) -> dict[int, str]:
    """Return the revisions after a change: a new one, or the last one again while no changelog names it."""
    last = max(found, default=0)
    if found.get(last) == current:
        return dict(found)
    number = last if last and last not in told else last + 1
    return {**found, number: current}
