"""No public name, signature, field or member changes unnoticed, and none changes without words in the changelog."""

import re

import pytest
from interface import MODULES, described
from snapshots import CHANGELOG, ROOT, difference, digest, read_api, revise, revisions, revisions_told

from flexlib.errors import MissingExtraError

DOCUMENTED = re.compile(r"^\.\. auto(?:class|function|data|exception):: (\S+)$", re.MULTILINE)
WORD = re.compile(r"\w+")


@pytest.mark.parametrize("module", MODULES)
def test_the_public_names_of_a_module_are_those_of_the_snapshot(module):
    try:
        now = described(module)
    except MissingExtraError as error:
        pytest.skip(f"{module}: {error}")
    except ModuleNotFoundError as error:
        pytest.skip(f"{module} needs {error.name}, which is not installed")
    changed = difference(module, read_api().get(module, []), now)
    if changed:
        pytest.fail(changed, pytrace=False)


def test_the_snapshot_holds_no_module_that_is_gone():
    assert list(read_api()) == MODULES


def test_every_name_of_the_reference_is_in_the_snapshot():
    documented = {
        name for page in (ROOT / "docs" / "reference").glob("*.md") for name in DOCUMENTED.findall(page.read_text("utf-8"))
    }
    public = {f"{module}.{WORD.match(line).group()}" for module, lines in read_api().items() for line in lines}
    assert len(documented) > 100
    assert documented - public == set()


def test_the_snapshot_is_that_of_the_last_revision():
    found = revisions()
    assert list(found) == list(range(1, len(found) + 1))
    assert found[len(found)] == digest(), "a snapshot was changed by hand: run `python tests/compat/snapshot.py`"


def test_the_changelog_names_every_revision_of_the_interface():
    untold = set(revisions()) - revisions_told(CHANGELOG.read_text("utf-8"))
    assert not untold, (
        f'say in CHANGELOG.md what changes for those who use flexlib, with the words "Interface revision {max(untold)}"'
    )


def test_a_change_is_a_revision_of_its_own_once_the_changelog_names_the_one_before():
    assert revise({}, "one", set()) == {1: "one"}
    assert revise({1: "one"}, "two", set()) == {1: "two"}
    assert revise({1: "one"}, "two", {1}) == {1: "one", 2: "two"}
    assert revise({1: "one"}, "one", {1}) == {1: "one"}


def test_a_changelog_names_a_revision_also_across_the_end_of_a_line():
    assert revisions_told("Interface revision 1.\nMore (interface). Interface\n  revision 12: two names.") == {1, 12}


def test_a_difference_shows_what_went_and_what_came():
    shown = difference("flexlib", ["a(x)", "b()"], ["a(x, y)", "b()"])
    assert "- a(x)\n+ a(x, y)" in shown
    assert "b()" not in shown
    assert "CHANGELOG.md" in shown
