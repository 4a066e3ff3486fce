"""Files for the readers to read, and what they say of those that are wrong."""

from pathlib import Path
from typing import NamedTuple

import pytest

from flexlib import FormatError, RateSheet, read_rate_sheet
from flexlib.formats.accounts import AccountFile, read_account
from flexlib.formats.usage import UsageFile, read_usage

SESSIONS = "user,product,opened_at,closed_at,idle,team,machine,version\n"
RESULTS = "user,product,at,quantity,team,id\n"
RATES = "product,tokens,effective_from\n"


class Complaint(NamedTuple):
    """What a `FormatError` says, without the file."""

    place: str | None
    field: str | None
    problem: str


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """Return the path of a file with that content, to the byte."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sheet(folder: Path, name: str, content: str | bytes) -> RateSheet:
    """Return the rate sheet in a file with that content."""
    return read_rate_sheet(written(folder, name, content))


def sheet_complaint(folder: Path, name: str, content: str | bytes) -> Complaint:
    """Return what is said of a rate sheet that is wrong; the message names the file first."""
    path = written(folder, name, content)
    with pytest.raises(FormatError) as caught:
        read_rate_sheet(path)
    return complaint(caught.value, path)


def usage(folder: Path, content: str | bytes, **zone) -> UsageFile:
    """Return the usage in a CSV file with that content."""
    return read_usage(written(folder, "usage.csv", content), **zone)


def set_aside(folder: Path, content: str, **zone) -> list[Complaint]:
    """Return what is said of each row of a usage file that was set aside."""
    return [complaint(problem, folder / "usage.csv") for problem in usage(folder, content, **zone).problems]


def usage_complaint(folder: Path, content: str | bytes) -> Complaint:
    """Return what is said of a usage file that is wrong as a whole."""
    path = written(folder, "usage.csv", content)
    with pytest.raises(FormatError) as caught:
        read_usage(path)
    return complaint(caught.value, path)


def account(folder: Path, content: str | bytes) -> AccountFile:
    """Return what an account file with that content holds."""
    return read_account(written(folder, "account.toml", content))


def account_complaint(folder: Path, content: str | bytes) -> Complaint:
    """Return what is said of an account file that is wrong."""
    path = written(folder, "account.toml", content)
    with pytest.raises(FormatError) as caught:
        read_account(path)
    return complaint(caught.value, path)


def complaint(error: FormatError, path: Path) -> Complaint:
    """Return what an error says, having seen that its message names the file, the place and the field, in this order."""
    named = [str(path), *(part for part in (error.place, error.field) if part)]
    assert error.file == str(path)
    assert str(error) == ": ".join([*named, error.problem])
    return Complaint(error.place, error.field, error.problem)
