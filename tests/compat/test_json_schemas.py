"""No key of the command's JSON, and no kind of value in it, changes unnoticed."""

import importlib.util

import pytest

pytest.importorskip("click", reason="the extra `cli` is not installed")
pytest.importorskip("rich", reason="the extra `cli` is not installed")

from json_shapes import NEEDS, commands_with_json, invocations, lines_of, merged, shape_of
from snapshots import difference, read_schemas


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    return invocations(tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("command", commands_with_json())
def test_the_json_of_a_command_has_the_shape_of_the_snapshot(command, arguments):
    for package in NEEDS.get(command, []):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"flexlib {command} needs {package}, which is not installed")
    before = read_schemas().get(command, "")
    changed = difference(f"flexlib {command} --json", lines_of(before), lines_of(shape_of(command, arguments[command])))
    if changed:
        pytest.fail(changed, pytrace=False)


def test_every_command_with_json_is_run_and_stands_in_the_snapshot(arguments):
    assert sorted(arguments) == commands_with_json() == sorted(read_schemas())


def test_every_document_says_its_schema_and_version():
    for command, shape in read_schemas().items():
        assert shape["keys"]["schema"].startswith("flexlib-"), command
        assert shape["keys"]["schema"].partition("/")[2].isdigit(), command


@pytest.mark.parametrize(
    ("shapes", "together"),
    [
        ([], ""),
        (["text", "null", "text"], ["null", "text"]),
        ([{"keys": {"a": "text"}}, {"keys": {"a": "null"}}], {"keys": {"a": ["null", "text"]}}),
        ([{"keys": {"a": "text"}}, {"keys": {"b": "text"}}, {"keys": {"a": "text"}}], {"keys": {"a?": "text", "b?": "text"}}),
        ([{"each": ""}, {"each": "text"}], {"each": "text"}),
        ([{"any key": ""}, {"keys": {"a": "text"}}], {"keys": {"a": "text"}}),
        ([[{"each": "text"}, "null"], {"each": "null"}], [{"each": ["null", "text"]}, "null"]),
    ],
)
def test_the_shape_of_several_documents_has_what_is_in_any_and_marks_what_is_not_in_all(shapes, together):
    assert merged(shapes) == together


def test_the_lines_of_a_shape_name_places_and_kinds():
    shape = {"keys": {"rates": {"each": {"keys": {"tokens": ["null", "text"]}}}}}
    assert list(lines_of(shape)) == [
        "$: object",
        "$.rates: array",
        "$.rates[]: object",
        "$.rates[].tokens: null",
        "$.rates[].tokens: text",
    ]
