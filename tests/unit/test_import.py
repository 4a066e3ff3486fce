"""What `import flexlib` costs, and the names that it offers."""

import inspect
import json
import subprocess
import sys

import pytest

import flexlib

UNWANTED = [
    "click",
    "rich",
    "hypothesis",
    "numpy",
    "openpyxl",
    "pyarrow",
    "scipy",
    "statsmodels",
    "matplotlib",
    "jinja2",
    "sqlite3",
    "cattrs",
    "importlib.metadata",
]
UNWANTED_OWN = [
    "flexlib.model.people",
    "flexlib.model.directory",
    "flexlib.formats",
    "flexlib.history",
    "flexlib.planning",
    "flexlib.reports",
    "flexlib.scale",
    "flexlib.providers.files",
    "flexlib.cli",
]

PROBE = """
import json, sys

opened, before = [], set(sys.modules)
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
import flexlib
print(json.dumps({"opened": [str(path) for path in opened], "modules": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def imported():
    """Return what a fresh interpreter opened and loaded for `import flexlib`."""
    done = subprocess.run([sys.executable, "-B", "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("module", UNWANTED + UNWANTED_OWN)
def test_importing_flexlib_loads_no_optional_package_and_nothing_that_only_files_and_plugins_need(imported, module):
    assert "flexlib.model.rates" in imported["modules"]
    assert [name for name in imported["modules"] if name == module or name.startswith(f"{module}.")] == []


def test_importing_flexlib_opens_no_file_but_python_modules(imported):
    assert any("flexlib" in path for path in imported["opened"])
    assert [path for path in imported["opened"] if not path.endswith((".py", ".pyc"))] == []


def test_the_public_names_are_sorted_constants_then_classes_then_functions_and_each_stands_once():
    assert flexlib.__all__ == sorted(set(flexlib.__all__), key=lambda name: (not name.isupper(), name[0].islower(), name))


@pytest.mark.parametrize("name", flexlib.__all__)
def test_a_public_name_resolves_and_its_docstring_says_since_when_it_is_there(name):
    value = getattr(flexlib, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        assert ".. versionadded:: " in (value.__doc__ or "")
        assert not value.__doc__.startswith((" ", "\n"))


def test_every_public_class_and_function_of_the_package_face_is_named_in_all():
    offered = {name for name, value in vars(flexlib).items() if inspect.isclass(value) or inspect.isroutine(value)}
    assert offered - {"__getattr__", "import_module"} <= set(flexlib.__all__)


def test_a_name_that_is_not_there_is_said():
    with pytest.raises(AttributeError, match="module 'flexlib' has no attribute 'Usr'"):
        flexlib.Usr  # noqa: B018  # it raises
