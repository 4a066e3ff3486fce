"""Writes what the vendor's exports of the made-up studio could look like into exports/. Run it again and it writes the same files.

The vendor publishes no example of real rows: the columns are those that it documents, the rows are made up. They are what flexlib charges for
studio/, by the UTC day, with a few differences put in by hand, for `flexlib reconcile` to find.
"""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from flexlib import Catalog, Outcome, RateBook, explain_usage, read_rate_sheet
from flexlib.formats.accounts import read_account
from flexlib.formats.usage import read_usage

STUDIO = Path(__file__).parent / "studio"
Key = tuple[date, str, str, str]

EARLY = ["day_used", "email", "first_name", "last_name", "autodesk_id", "team_alias", "product_name", "tokens_used"]
LATE = ["Day used", "Email", "First name", "Last name", "Product", "Feature", "Team", "Tokens used"]


def charged() -> dict[Key, Decimal]:
    """Return the tokens of each day, user, product's name and team, with a zero for a day of short launches alone (rule C5)."""
    account = read_account(STUDIO / "account.toml")
    catalog = Catalog(account.products)
    usage = read_usage(STUDIO / "sessions.csv").rows + read_usage(STUDIO / "results.csv").rows
    rates = RateBook([read_rate_sheet(STUDIO / "rates.toml")])
    tokens: dict[Key, Decimal] = defaultdict(Decimal)
    for told in explain_usage(usage, rates, seats=account.seats, catalog=catalog):
        for charge in told.charges:
            tokens[charge.at.date(), charge.user, catalog.resolve(charge.product).name, charge.team or ""] += charge.tokens
        if told.outcome is Outcome.SHORT_LAUNCH:
            tokens[told.at.date(), told.use.user, catalog.resolve(told.use.product).name, told.use.team or ""] += 0
    return tokens


def planted(tokens: dict[Key, Decimal]) -> dict[Key, Decimal]:
    """Return the same with what the studio's log of sessions does not hold: a day of which it knows nothing, and a row that it cannot explain."""
    changed = dict(tokens)
    changed[date(2026, 3, 14), "femi@studio.example", "AutoCAD", "design"] = Decimal(7)
    doubled = next(key for key in sorted(tokens) if key[0] >= date(2026, 3, 23) and key[2] == "Revit" and tokens[key])
    changed[doubled] *= 2
    return changed


def early(rows: list[tuple[Key, Decimal]]) -> list[list[str]]:
    """Return rows as the older export has them; one figure is lower than the vendor said later."""
    corrected = next(key for key, tokens in reversed(rows) if tokens == 10)
    return [
        [
            day.isoformat(),
            user.title(),
            *names(user),
            f"A{abs(hash_of(user)):06}",
            team,
            product,
            str(0 if key == corrected else tokens),
        ]
        for key, tokens in rows
        for day, user, product, team in [key]
    ]


def late(rows: list[tuple[Key, Decimal]]) -> list[list[str]]:
    """Return rows as the newer export has them, saved by a spreadsheet with decimal commas."""
    return [
        [day.isoformat(), user, *names(user), product, "", team, f"{tokens:.1f}".replace(".", ",")]
        for (day, user, product, team), tokens in rows
    ]


def names(user: str) -> list[str]:
    """Return a made-up first and last name."""
    return [user.partition("@")[0].title(), "Example"]


def hash_of(user: str) -> int:
    """Return a number that stands for a user."""
    return sum(place * ord(letter) for place, letter in enumerate(user, start=1))


def write(path: Path, header: list[str], rows: list[list[str]], delimiter: str, encoding: str) -> None:
    """Write a CSV file as a spreadsheet saves it."""
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\r\n")
        writer.writerows([header, *rows])


def main(folder: Path) -> None:
    """Write both exports, which overlap by two weeks, into a folder."""
    rows = sorted(planted(charged()).items())
    folder.mkdir(exist_ok=True)
    first = [(key, tokens) for key, tokens in rows if key[0] <= date(2026, 2, 28)]
    second = [(key, tokens) for key, tokens in rows if key[0] >= date(2026, 2, 15)]
    write(folder / "usage-to-february.csv", EARLY, early(first), ",", "utf-8")
    write(folder / "token-usage-from-15-february.csv", LATE, late(second), ";", "utf-8-sig")


if __name__ == "__main__":
    main(Path(__file__).parent / "exports")
