"""Writes sessions.csv and results.csv of the made-up studio into studio/. Run it again and it writes the same files."""

import csv
import random
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
FIRST, LAST = date(2026, 1, 5), date(2026, 4, 2)

# Who works where, in which team, with what, and on which share of working days. All of it is made up.
PEOPLE = [
    ("ada@studio.example", LONDON, "design", {"AutoCAD 2026": 0.35, "Revit": 0.15}),
    ("ben@studio.example", LONDON, "design", {"Revit": 0.95}),
    ("chloe@studio.example", LONDON, "design", {"Revit": 0.4, "Navisworks Manage": 0.1}),
    ("dev@studio.example", LONDON, "visuals", {"3ds Max": 0.55}),
    ("elif@studio.example", LONDON, "visuals", {"3ds Max": 0.08, "Maya": 0.12}),
    ("femi@studio.example", LONDON, "design", {"AutoCAD 2025": 0.06}),
    ("grace@studio.example", NEW_YORK, "engineering", {"AutoCAD 2026": 0.8}),
    ("hugo@studio.example", NEW_YORK, "engineering", {"Revit": 0.3, "AutoCAD 2026": 0.2}),
    ("ines@studio.example", NEW_YORK, "engineering", {"Navisworks Manage": 0.12}),
    ("jo@studio.example", NEW_YORK, "engineering", {"Revit": 0.07}),
    ("kenji@studio.example", NEW_YORK, "engineering", {"Navisworks Simulate": 0.1, "Revit": 0.1}),
    ("lena@studio.example", NEW_YORK, "visuals", {"Maya": 0.05}),
]


def moment(day: date, hours: float, zone: ZoneInfo) -> datetime:
    """Return the instant at so many hours of the clock on a day."""
    minutes = round(hours * 60)
    return datetime.combine(day + timedelta(days=minutes // 1440), time(minutes // 60 % 24, minutes % 60), zone)


def working_days() -> list[date]:
    """Return the Mondays to Fridays of the quarter."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    return [day for day in days if day.weekday() < 5]


def sessions() -> list[dict[str, str]]:
    """Return the quarter's sessions."""
    rows: list[dict[str, str]] = []
    rng = random.Random(2026)

    def add(user: str, product: str, opened: datetime, closed: datetime | None, team: str, idle: str = "") -> None:
        machine = f"{user.split('@', maxsplit=1)[0]}-{rng.choice(['desk', 'desk', 'desk', 'laptop'])}"
        ends = closed.isoformat(timespec="minutes") if closed else ""
        rows.append(
            {
                "user": user,
                "product": product,
                "opened_at": opened.isoformat(timespec="minutes"),
                "closed_at": ends,
                "team": team,
                "machine": machine,
                "idle": idle,
            }
        )

    for user, zone, team, products in PEOPLE:
        for day in working_days():
            for product, share in products.items():
                in_the_c3_week = user.startswith("ada") and "AutoCAD" in product and date(2026, 3, 2) <= day <= date(2026, 3, 4)
                if rng.random() >= share or in_the_c3_week:
                    continue
                start = rng.uniform(7.5, 10)
                lunch = rng.uniform(12, 13)
                end = rng.uniform(15.5, 19)
                kind = rng.random()
                if kind < 0.06:  # a look at a drawing: less than five minutes
                    add(user, product, moment(day, start, zone), moment(day, start + 0.05, zone), team)
                elif kind < 0.12:  # the close was not recorded
                    add(user, product, moment(day, start, zone), None, team)
                elif kind < 0.17:  # left open overnight, with the user away
                    away = f"{moment(day, 18, zone).isoformat()}/{moment(day, 31.75, zone).isoformat()}"
                    add(user, product, moment(day, start, zone), moment(day, 24 + 9.5, zone), team, away)
                else:  # closed over lunch
                    add(user, product, moment(day, start, zone), moment(day, lunch, zone), team)
                    add(user, product, moment(day, lunch + 0.75, zone), moment(day, end, zone), team)
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    add("ada@studio.example", "AutoCAD 2026", moment(monday, 8, LONDON), moment(monday, 17, LONDON), "design")
    add("ada@studio.example", "AutoCAD 2026", moment(tuesday, 7, LONDON), moment(tuesday, 17, LONDON), "design")
    return sorted(rows, key=lambda row: (datetime.fromisoformat(row["opened_at"]), row["user"], row["product"]))


def results() -> list[dict[str, str]]:
    """Return the quarter's cloud solves."""
    rng = random.Random(510)
    kinds = ["CFD simple solve", "CFD moderate solve", "CFD complex solve"]
    rows = []
    for day in working_days():
        if rng.random() < 0.1:
            at = moment(day, rng.uniform(10, 16), NEW_YORK).isoformat(timespec="minutes")
            product = rng.choices(kinds, [6, 3, 1])[0]
            rows.append({"user": "ines@studio.example", "product": product, "at": at, "quantity": "1", "team": "engineering"})
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path) -> None:
    """Write both files into a folder."""
    write(folder / "sessions.csv", sessions())
    write(folder / "results.csv", results())


if __name__ == "__main__":
    main(Path(__file__).parent / "studio")
