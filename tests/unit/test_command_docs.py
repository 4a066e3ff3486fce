"""The reference page of the command has every command, every option and every key of its JSON."""

import re
from pathlib import Path

import click
import pytest
from command import STUDIO, run_json

from flexlib.cli.main import main

YEAR = STUDIO.parent / "year"
PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "command.md").read_text("utf-8")
SECTIONS = {heading: text for heading, _, text in (part.partition("\n") for part in re.split(r"^## ", PAGE, flags=re.MULTILINE))}


def commands(group, name="flexlib"):
    """Each command by its whole name, also those in groups."""
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


COMMANDS = dict(commands(main))


def keys(made):
    """Every key of an object and of the objects in it, but for those of objects that are tables, such as tokens by pack."""
    for key, value in made.items():
        yield key
        for item in value if isinstance(value, list) else []:
            yield from keys(item) if isinstance(item, dict) else ()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section(name):
    assert any(heading.startswith(f"`{name}") for heading in SECTIONS)


@pytest.mark.parametrize(
    "name",
    [
        "report",
        "summary",
        "demo",
        "import",
        "reconcile",
        "export focus",
        "plan seats",
        "plan forecast",
        "plan purchase",
        "plan what-if",
    ],
)
def test_every_option_stands_in_the_section_of_its_command_or_in_that_of_report(name):
    own, report = (next(text for head, text in SECTIONS.items() if head.startswith(f"`flexlib {one}")) for one in (name, "report"))
    for option in (param for param in COMMANDS[f"flexlib {name}"].params if isinstance(param, click.Option)):
        text = own + report if "as for `report`" in own else own
        assert f"`{option.opts[0]}" in text


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("report", ["report", STUDIO, "--at", "2026-03-01"]),
        ("summary", ["summary", YEAR, "--by", "month,team"]),
        ("report", ["demo"]),
        ("explain", ["explain", "ada@studio.example", "autocad", "2026-03-03", STUDIO]),
        ("import", ["import", STUDIO.parent / "exports", "--into", "{folder}/kept.history"]),
        ("reconcile", ["reconcile", STUDIO, STUDIO.parent / "exports"]),
        ("export focus", ["export", "focus", STUDIO, "--out", "{folder}/focus.csv"]),
        ("plan seats", ["plan", "seats", YEAR]),
        ("plan forecast", ["plan", "forecast", YEAR, "--at", "2026-11-01", "--paths", "20"]),
        ("plan purchase", ["plan", "purchase", YEAR, "--at", "2026-11-01", "--paths", "20"]),
        ("rates", ["rates"]),
        ("rates diff", ["rates", "diff", "installed", STUDIO / "rates.toml"]),
        ("plugins", ["plugins"]),
        ("rates check", ["rates", "check", STUDIO / "rates.toml"]),
        ("plan what-if", ["plan", "what-if", YEAR, "--move-to-seats", "maya"]),
    ],
)
def test_every_key_of_the_json_stands_in_its_section(tmp_path, name, arguments):
    made = run_json(*(str(argument).format(folder=tmp_path) for argument in arguments))
    section = SECTIONS[f"The JSON of `{name}`"]
    assert f'"{made["schema"]}"' in section
    words = {word for quoted in re.findall(r"`([^`]+)`", section) for word in re.findall(r"\w+", quoted)}
    assert set(keys(made)) <= words
