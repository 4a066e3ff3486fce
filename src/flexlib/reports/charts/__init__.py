"""Charts of a ledger, and of plans, as SVG and PNG files; they need the extra ``plot``."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flexlib.reports.charts.burn import burn_chart, use_heat_map
    from flexlib.reports.charts.outlook import forecast_chart, purchase_chart
    from flexlib.reports.charts.plans import break_even_chart, seat_mix_chart, users_chart
    from flexlib.reports.charts.pool import balance_chart
    from flexlib.reports.charts.style import DARK, LIGHT, SeriesStyle, Theme, chart_svg, save_chart

__all__ = [
    "DARK",
    "LIGHT",
    "SeriesStyle",
    "Theme",
    "balance_chart",
    "break_even_chart",
    "burn_chart",
    "chart_svg",
    "forecast_chart",
    "purchase_chart",
    "save_chart",
    "seat_mix_chart",
    "use_heat_map",
    "users_chart",
]

# Each is loaded when it is first asked for, and Matplotlib with it: so that this package can be imported without.
_LATE = {
    "DARK": "style",
    "LIGHT": "style",
    "SeriesStyle": "style",
    "Theme": "style",
    "balance_chart": "pool",
    "break_even_chart": "plans",
    "burn_chart": "burn",
    "chart_svg": "style",
    "forecast_chart": "outlook",
    "purchase_chart": "outlook",
    "save_chart": "style",
    "seat_mix_chart": "plans",
    "use_heat_map": "burn",
    "users_chart": "plans",
}


if not TYPE_CHECKING:  # else a name that is not there would pass for an object

    def __getattr__(name: str) -> object:
        """Return a public name that is loaded when it is first asked for."""
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
