import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SURVIVORS = [
    survivor
    for path in sorted((ROOT / "tests/mutation/survivors").glob("*.toml"))
    for survivor in tomllib.loads(path.read_text(encoding="utf-8"))["survivor"]
]


@pytest.mark.parametrize("survivor", SURVIVORS, ids=lambda survivor: survivor["was"])
def test_what_a_survivor_was_made_of_still_stands_in_its_file_and_it_has_a_reason(survivor):
    code = " ".join((ROOT / survivor["file"]).read_text(encoding="utf-8").split())
    assert survivor["was"] in code
    assert survivor["is"]
    assert survivor["was"] not in survivor["is"]
    assert survivor["why"].endswith(".")
