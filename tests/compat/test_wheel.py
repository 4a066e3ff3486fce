"""What is published: the wheel holds the package and nothing else, the source archive all that its tests need, and both build alike anywhere."""

import base64
import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from email.parser import Parser
from pathlib import Path

import pytest
from snapshots import ROOT

pytest.importorskip("hatchling", reason="hatchling is not installed")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
STEM = f"{PROJECT['name']}-{PROJECT['version']}"
INFO = f"{STEM}.dist-info"
FOLDERS = ["benchmarks", "docs", "examples", "src", "tests"]
FILES = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "conftest.py", "pyproject.toml", "tox.ini"]
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info", "_build", "_pictures")
DAY = "1767225600"


def copied(folder: Path) -> Path:
    """Return a copy of the sources in a folder, without what tools leave behind, so that no build touches the tree under test."""
    folder.mkdir(parents=True)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_BEHIND)
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    return folder


def built(sources: Path, kind: str, umask: int = 0o022) -> Path:
    """Build the wheel or the source archive of some sources, and return it."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", "out"],
        cwd=sources,
        env={**os.environ, "SOURCE_DATE_EPOCH": DAY},
        check=True,
        capture_output=True,
        umask=umask,
    )
    [made] = (sources / "out").glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


def relative(folder: Path) -> set[str]:
    """Return the files in a folder by their paths in it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return copied(tmp_path_factory.mktemp("one") / "flexlib")


@pytest.fixture(scope="module")
def wheel(sources):
    cache = sources / "src" / "flexlib" / "__pycache__"
    cache.mkdir()
    (cache / "left.cpython-311.pyc").write_bytes(b"left behind")
    made = built(sources, "wheel")
    shutil.rmtree(cache)
    return made


@pytest.fixture(scope="module")
def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(contents):
    return Parser().parsestr(contents[f"{INFO}/METADATA"].decode())


@pytest.fixture(scope="module")
def archive(sources):
    return built(sources, "sdist")


def test_the_wheel_is_for_every_python_3_and_every_system(wheel, contents):
    assert wheel.name == f"{STEM}-py3-none-any.whl"
    assert "Root-Is-Purelib: true" in contents[f"{INFO}/WHEEL"].decode()


def test_the_wheel_holds_each_file_of_the_package_the_licence_and_what_installers_need_and_nothing_else(sources, contents):
    package = {f"flexlib/{name}" for name in relative(sources / "src" / "flexlib")}
    info = {f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert contents.keys() == package | info


@pytest.mark.parametrize(
    "name",
    [
        "cli/demo/sessions.csv",
        "providers/data/published.toml",
        "py.typed",
        "reports/page/templates/page.css",
        "reports/page/templates/page.html.j2",
        "reports/page/templates/page.js",
    ],
)
def test_the_wheel_has_the_files_that_are_no_python(contents, name):
    assert contents[f"flexlib/{name}"] == (ROOT / "src" / "flexlib" / name).read_bytes()


def test_the_licence_is_that_of_the_repository(contents, metadata):
    assert contents[f"{INFO}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert (metadata["License-Expression"], metadata["License-File"]) == (PROJECT["license"], "LICENSE")


def test_the_entry_points_are_those_of_the_project_and_each_is_there(contents):
    points = ConfigParser()
    points.read_string(contents[f"{INFO}/entry_points.txt"].decode())
    given = {section: dict(points[section]) for section in points.sections()}
    assert given == {"console_scripts": PROJECT["scripts"], **PROJECT["entry-points"]}
    for section in given.values():
        for value in section.values():
            module, _, name = value.partition(":")
            source = contents[f"{module.replace('.', '/')}.py"].decode()
            assert f"def {name}(" in source


def test_the_metadata_has_the_extras_and_asks_for_nothing_beyond_the_project(metadata):
    extras = PROJECT["optional-dependencies"]
    asked = sum(map(len, extras.values())) + len(PROJECT["dependencies"])
    assert metadata.get_all("Provides-Extra") == sorted(extras)
    assert len(metadata.get_all("Requires-Dist")) == asked
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    assert (metadata["Name"], metadata["Version"], metadata["Summary"]) == (
        PROJECT["name"],
        PROJECT["version"],
        PROJECT["description"],
    )
    assert metadata.get_payload() == (ROOT / "README.md").read_text("utf-8")


def test_the_record_has_the_digest_of_every_file(contents):
    rows = {name: digest for name, digest, _ in csv.reader(io.StringIO(contents[f"{INFO}/RECORD"].decode()))}
    assert rows.pop(f"{INFO}/RECORD") == ""
    digests = {
        name: base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode() for name, text in contents.items()
    }
    assert rows == {name: f"sha256={digest}" for name, digest in digests.items() if name in rows}
    assert rows.keys() == contents.keys() - {f"{INFO}/RECORD"}


def test_nothing_in_the_wheel_names_a_folder_of_the_machine_that_built_it(sources, contents):
    for folder in (str(ROOT), str(sources), str(Path.home()), sys.prefix):
        if len(folder) > len("/root"):  # shorter ones are words of other things
            assert [name for name, text in contents.items() if folder.encode() in text] == []


def test_the_source_archive_holds_all_that_the_tests_and_the_docs_need(sources, archive):
    with tarfile.open(archive) as opened:
        members = opened.getmembers()
    assert all(member.isfile() for member in members)
    wanted = {name for name in relative(sources) if not name.startswith("out/")} | {"PKG-INFO"}
    assert {member.name for member in members} == {f"{STEM}/{name}" for name in wanted}


def test_the_wheel_of_the_source_archive_is_the_wheel_of_the_sources(archive, wheel, tmp_path):
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    assert built(tmp_path / STEM, "wheel").read_bytes() == wheel.read_bytes()


def test_another_folder_another_day_and_other_permissions_build_the_same_bytes(archive, wheel, tmp_path):
    others = copied(tmp_path / "elsewhere" / "and deeper")
    for path in others.rglob("*"):
        os.utime(path, (946684800, 946684800))
        if path.is_file():
            path.chmod(0o600)
    assert built(others, "wheel", umask=0o077).read_bytes() == wheel.read_bytes()
    assert built(others, "sdist", umask=0o077).read_bytes() == archive.read_bytes()
