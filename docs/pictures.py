"""The pictures of these pages, drawn from the examples: NAME-light.svg and NAME-dark.svg of each."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from matplotlib.figure import Figure

from flexlib import Catalog, RateBook, charge_reported, charge_usage, read_rate_sheet, settle
from flexlib.formats import read_export, read_offers
from flexlib.formats.accounts import read_account
from flexlib.formats.usage import read_usage
from flexlib.planning import break_evens, burn_paths, forecast, plan_purchase, seat_mix, use_profiles
from flexlib.reports.charts import (
    DARK,
    LIGHT,
    balance_chart,
    break_even_chart,
    burn_chart,
    forecast_chart,
    purchase_chart,
    save_chart,
    seat_mix_chart,
    use_heat_map,
    users_chart,
)

EXAMPLES = Path(__file__).parent.parent / "examples"
LONDON = ZoneInfo("Europe/London")

Pictures = Mapping[str, Callable[..., Figure]]


def of_the_year() -> Pictures:
    """Return the pictures of a firm of 25 people and its year."""
    account, offers = read_account(EXAMPLES / "year/account.toml"), read_offers(EXAMPLES / "year/offers.toml")
    charges = charge_reported(read_export(EXAMPLES / "year/usage.csv").reported, catalog=Catalog(account.products))
    at, names = datetime(2026, 11, 1, tzinfo=UTC), {product.code: product.name for product in account.products}
    ledger, token_price = settle(charges, account.packs), offers.token_price or 3
    demand = burn_paths(charges, at=at, days=800)
    return {
        "break-even": partial(break_even_chart, break_evens({"autocad": 7}, offers.seats, token_price=token_price), names=names),
        "users": partial(users_chart, use_profiles(charges, offers.seats, token_price=token_price), names=names, most=25),
        "seat-mix": partial(seat_mix_chart, seat_mix(charges, offers.seats, token_price=token_price)),
        "forecast": partial(forecast_chart, forecast(charges, at=at, days=180, packs=account.packs)),
        "purchase": partial(purchase_chart, plan_purchase(demand, offers.packs, at=at, ledger=ledger)),
        "balance": partial(balance_chart, ledger, until=at),
        "burn": partial(burn_chart, charges, names=names),
    }


def of_the_studio() -> Pictures:
    """Return the pictures of a practice of twelve people and its quarter, of which there are sessions, and so hours."""
    account = read_account(EXAMPLES / "studio/account.toml")
    usage = [use for name in ("sessions.csv", "results.csv") for use in read_usage(EXAMPLES / "studio" / name).rows]
    rates = RateBook([read_rate_sheet(EXAMPLES / "studio/rates.toml")])
    charges = charge_usage(usage, rates, seats=account.seats, catalog=Catalog(account.products))
    ledger = settle(charges, account.packs)
    return {
        "expiry": partial(balance_chart, ledger, until=datetime(2026, 4, 3, tzinfo=LONDON), zone=LONDON),
        "hours": partial(use_heat_map, charges, zone=LONDON),
    }


def draw_pictures(folder: Path) -> None:
    """Draw all pictures into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, chart in {**of_the_year(), **of_the_studio()}.items():
        for theme in (LIGHT, DARK):
            save_chart(chart(theme=theme), folder / f"{name}-{theme.name}.svg")


if __name__ == "__main__":
    draw_pictures(Path(__file__).parent / "_pictures")
