import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

MISSING = [
    name
    for name in ("ipykernel", "matplotlib", "nbclient", "nbformat", "pandas", "pyarrow", "statsmodels")
    if find_spec(name) is None
]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}; run tox -e others")

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOK = EXAMPLES / "programs" / "notebook.ipynb"
FOLDERS = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Return what the cells of code give when the notebook is run in its folder, without the user's own Jupyter settings."""
    import nbformat
    from nbclient import NotebookClient

    own = tmp_path_factory.mktemp("jupyter")
    notebook = nbformat.read(NOTEBOOK, 4)
    nbformat.validate(notebook)
    with pytest.MonkeyPatch.context() as patch:
        for name in FOLDERS:
            patch.setenv(name, str(own / name.lower()))
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.fixture(scope="module")
def rows():
    """Return the rows of the export, read without flexlib."""
    with (EXAMPLES / "year" / "usage.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def texts(outputs):
    return [output["data"]["text/plain"] for output in outputs if output.output_type == "execute_result"]


def printed(outputs):
    return "".join(output["text"] for output in outputs if output.output_type == "stream")


def test_the_notebook_is_kept_without_outputs():
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 9
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None] == []


def test_the_notebook_runs_without_a_warning(outputs):
    assert {output.output_type for output in outputs} == {"execute_result", "stream"}
    assert {output["name"] for output in outputs if output.output_type == "stream"} == {"stdout"}
    assert sum("image/png" in output["data"] for output in outputs if output.output_type == "execute_result") == 4


def test_the_months_and_products_add_up_to_what_the_export_says(outputs, rows):
    [frame] = [text for text in texts(outputs) if "Navisworks Manage" in text and "2025-11" in text]
    months = [line.split() for line in frame.splitlines() if line.startswith(("20", "All"))]
    lines = {month: [float(cell) for cell in cells] for month, *cells in months}
    sums = defaultdict(Counter)
    for row in rows:
        for month in (row["day_used"][:7], "All"):
            sums[month][row["product_name"]] += int(row["tokens_used"])
    products = ["3ds Max", "AutoCAD", "Maya", "Navisworks Manage", "Revit"]
    assert lines == {month: [*(own[product] for product in products), own.total()] for month, own in sums.items()}


def test_the_users_named_are_those_with_more_days_than_the_break_even(outputs, rows):
    [frame] = [text for text in texts(outputs) if "days used" in text]
    prices = {"AutoCAD": (7, 2000), "Revit": (10, 2900), "3ds Max": (6, 1950), "Maya": (6, 1950), "Navisworks Manage": (9, 2600)}
    charged = {(row["email"], row["product_name"], row["day_used"]) for row in rows if row["tokens_used"] != "0"}
    days = Counter((user, product) for user, product, _ in charged)
    over = {key: number for key, number in days.items() if number * prices[key[1]][0] * 3 > prices[key[1]][1]}
    named = [line.split()[1:] for line in frame.splitlines()[1:]]
    assert {(line[0], " ".join(line[1:-2])): int(line[-2]) for line in named} == over
    assert [int(line[-2]) for line in named] == sorted(over.values(), reverse=True)


def test_the_forecast_is_the_same_in_every_run(outputs):
    from flexlib.formats import read_export
    from flexlib.formats.accounts import read_account
    from flexlib.planning import forecast

    export, account = read_export(EXAMPLES / "year" / "usage.csv"), read_account(EXAMPLES / "year" / "account.toml")
    ahead = forecast(export.reported, at=datetime(2026, 11, 1, tzinfo=UTC), days=180, packs=account.packs, seed=0)
    assert printed(outputs) == f"2579 charges, 0 rows set aside, 2371 tokens left\n{ahead}\n"
