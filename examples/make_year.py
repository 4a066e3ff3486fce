"""Writes usage.csv of a made-up firm's year into year/. Run it again and it writes the same file.

The columns are those of the vendor's daily usage export; the people and what they use are made up. Only the rates have sources. No
page says since when Navisworks Manage costs 9 tokens (read second-hand in July 2026): the year assumes that it did all along.
"""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

FIRST, LAST = date(2025, 11, 1), date(2026, 10, 31)
HEADER = ["day_used", "email", "first_name", "last_name", "autodesk_id", "team_alias", "product_name", "tokens_used"]
RATES = {"AutoCAD": 7, "Revit": 10, "3ds Max": 6, "Maya": 6, "Navisworks Manage": 9}

# Who is in which team and uses what, on which share of ordinary working days, and from when until when if not all year.
PEOPLE = [
    # nearly every day
    ("Aino", "architecture", {"Revit": 0.9}),
    ("Bruno", "architecture", {"Revit": 0.85, "AutoCAD": 0.1}),
    ("Carmen", "structures", {"AutoCAD": 0.88}),
    ("Dmitri", "structures", {"AutoCAD": 0.8, "Revit": 0.45}),
    ("Esra", "visuals", {"3ds Max": 0.85}),
    ("Felix", "architecture", {"Revit": 0.7, "AutoCAD": 0.6, "Navisworks Manage": 0.2}),
    # a day or two a week
    ("Gita", "structures", {"AutoCAD": 0.45}),
    ("Hana", "architecture", {"Revit": 0.4}),
    ("Ivo", "structures", {"AutoCAD": 0.35, "Revit": 0.15}),
    ("Jana", "visuals", {"Maya": 0.4, "3ds Max": 0.2}),
    ("Karim", "coordination", {"Navisworks Manage": 0.4}),
    ("Lea", "coordination", {"Navisworks Manage": 0.25, "Revit": 0.2}),
    ("Milo", "architecture", {"Revit": 0.3}),
    ("Nora", "structures", {"AutoCAD": 0.3}),
    ("Omar", "visuals", {"3ds Max": 0.3}),
    # one joins, one leaves, one has a project
    ("Petra", "structures", {"Revit": 0.8}, date(2026, 5, 4), LAST),
    ("Quinn", "structures", {"AutoCAD": 0.6}, FIRST, date(2026, 3, 27)),
    ("Rosa", "architecture", {"Revit": 0.85}, date(2026, 2, 2), date(2026, 5, 29)),
    ("Rosa", "architecture", {"Revit": 0.05}, date(2026, 5, 30), LAST),
    # now and then
    ("Sven", "structures", {"AutoCAD": 0.06}),
    ("Tara", "architecture", {"Revit": 0.05}),
    ("Umut", "coordination", {"Navisworks Manage": 0.04}),
    ("Vera", "structures", {"AutoCAD": 0.08}),
    ("Wim", "visuals", {"3ds Max": 0.05}),
    ("Xenia", "visuals", {"Maya": 0.06}),
    ("Yara", "coordination", {"AutoCAD": 0.03, "Revit": 0.02}),
]

# How busy each month and each day of the week is, Monday first.
MONTHS = {11: 1.0, 12: 0.8, 1: 0.85, 2: 0.95, 3: 1.1, 4: 1.1, 5: 1.15, 6: 1.0, 7: 0.75, 8: 0.6, 9: 1.05, 10: 1.15}
WEEKDAYS = [1.0, 1.05, 1.05, 1.0, 0.85, 0.03, 0.0]
CLOSED = {date(2025, 12, 24) + timedelta(days=day) for day in range(9)}
SHORT_LAUNCH = 0.03  # rule C5: a launch of less than five minutes is reported with 0 tokens


def days() -> list[date]:
    """Return the days of the year on which the office is open."""
    every = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    return [day for day in every if day not in CLOSED]


def weeks_off(rng: random.Random) -> set[tuple[int, int]]:
    """Return the three weeks in which someone is away, by year and number."""
    weeks = [FIRST + timedelta(weeks=int(rng.random() * 52)) for _ in range(3)]
    return {week.isocalendar()[:2] for week in weeks}


def rows() -> Iterator[list[str]]:
    """Yield the rows of the export, by person."""
    rng = random.Random(3652)
    for name, team, products, *span in PEOPLE:
        since, until = span or (FIRST, LAST)
        away = weeks_off(rng)
        for day in days():
            for product, share in products.items():
                likely = min(0.97, share * MONTHS[day.month] * WEEKDAYS[day.weekday()])
                used, short = rng.random() < likely, rng.random() < SHORT_LAUNCH
                if used and since <= day <= until and day.isocalendar()[:2] not in away:
                    yield row(day, name, team, product, 0 if short else RATES[product])


def row(day: date, name: str, team: str, product: str, tokens: int) -> list[str]:
    """Return a row as the export has it."""
    number = sum(place * ord(letter) for place, letter in enumerate(name, start=1))
    return [day.isoformat(), f"{name.lower()}@firm.example", name, "Example", f"A{number:06}", team, product, str(tokens)]


def main(folder: Path) -> None:
    """Write the export into a folder."""
    folder.mkdir(exist_ok=True)
    with (folder / "usage.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *sorted(rows())])


if __name__ == "__main__":
    main(Path(__file__).parent / "year")
