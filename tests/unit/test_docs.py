"""The documentation has an entry for every public name, hook, rule and error."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import flexlib
from flexlib import errors
from flexlib.providers.hookspecs import FlexlibHooks

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = Path(flexlib.__file__).parent
STATED_RULES = {
    *(f"T{number}" for number in range(1, 4)),
    *(f"C{number}" for number in range(1, 12)),
    *(f"R{number}" for number in range(1, 4)),
    *(f"P{number}" for number in range(1, 8)),
    *(f"A{number}" for number in range(1, 4)),
}
ERRORS = [name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.FlexError)]
HOOKS = [name for name in vars(FlexlibHooks) if name.startswith("flexlib_")]


def page(name):
    return (DOCS / name).read_text("utf-8")


def cited_rules():
    """The rule ids in the docstrings of the package."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {
        rule
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, documented)
        for rule in re.findall(r"\b[TCRPA][1-9]\d?\b", ast.get_docstring(node) or "")
    }


@pytest.mark.parametrize("name", flexlib.__all__)
def test_every_public_name_has_an_entry_in_the_api(name):
    assert re.search(rf"^\.\. (auto\w+:: flexlib\.|py:data:: ){name}$", page("reference/api.md"), re.MULTILINE)


@pytest.mark.parametrize(
    "module", ["formats", "history", "planning", "reports", "reports.charts", "reports.page", "scale", "testing"]
)
def test_every_public_name_of_the_other_modules_has_an_entry_in_the_reference(module):
    entries = {
        name
        for path in (DOCS / "reference").glob("*.md")
        for name in re.findall(r"^\.\. (?:auto\w+|py:data):: ([\w.]+)$", path.read_text("utf-8"), re.MULTILINE)
    }
    public = import_module(f"flexlib.{module}").__all__
    assert [name for name in public if not {name, f"flexlib.{module}.{name}"} & entries] == []


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "examples" / "README.md"], ids=str
)
def test_every_link_to_a_file_leads_to_one(path):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_heading_that_is_its_signature(hook):
    assert re.search(rf"^## {hook}\(.*\) -> .+$", page("reference/hooks.md"), re.MULTILINE)


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_has_a_heading(error):
    assert re.search(rf"^## {error}$", page("reference/errors.md"), re.MULTILINE)


@pytest.mark.parametrize("rule", sorted(STATED_RULES | cited_rules()))
def test_every_rule_has_a_heading_that_can_be_linked_to(rule):
    assert re.search(rf"^\(rule-{rule.lower()}\)=\n### {rule}: ", page("explanation/rules.md"), re.MULTILINE)


def test_every_page_is_reached_from_an_index():
    for folder in (path for path in DOCS.iterdir() if (path / "index.md").exists()):
        listed = set(re.findall(r"^[\w-]+$", (folder / "index.md").read_text("utf-8"), re.MULTILINE))
        assert {path.stem for path in folder.glob("*.md")} - {"index"} <= listed
