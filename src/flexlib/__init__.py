"""Autodesk Flex tokens: usage into charges, charges into balances, and the reasons for each."""

from importlib import import_module
from typing import TYPE_CHECKING

from flexlib.charging.accounts import Outcome, UseAccount, explain_usage
from flexlib.charging.charges import Charge, ChargeWindow, WindowCause
from flexlib.charging.explanation import Explanation
from flexlib.charging.meter import Meter, MeterChange
from flexlib.charging.policy import FLEX, ChargePolicy
from flexlib.charging.rating import charge_usage
from flexlib.charging.reported import charge_reported
from flexlib.charging.windows import charge_windows
from flexlib.errors import (
    DuplicateProviderError,
    FlexError,
    FormatError,
    HistoryError,
    InvalidTokensError,
    InvalidValueError,
    LateUsageError,
    LedgerError,
    MissingExtraError,
    NaiveDatetimeError,
    PluginError,
    PluginLoadError,
    RateConflictError,
    RateNotFoundError,
    UnknownExportError,
    UnknownProductError,
    UnknownRecordError,
    UnknownRegionError,
)
from flexlib.model.packs import Refund, TokenPack, Transfer
from flexlib.model.products import Catalog, ChargeBasis, Product
from flexlib.model.ratebook import RateBook, RateConflict
from flexlib.model.rates import Rate, RateSheet, Source
from flexlib.model.reported import ReportedSummary, ReportedTotal, ReportedUse
from flexlib.model.seats import Seat
from flexlib.model.usage import ResultUse, Session
from flexlib.pool.alerts import (
    STANDARD_RULES,
    Alert,
    AlertRule,
    Budget,
    ExpiringTokens,
    LowBalance,
    Reserve,
    RunningOn,
    alerts,
    replay_alerts,
)
from flexlib.pool.entries import EVERY_TEAM, Draw, EntryKind, EveryTeam, LedgerEntry, Shortfall
from flexlib.pool.ledger import Ledger, settle
from flexlib.pool.simulation import Refusal, Simulation, simulate
from flexlib.providers.folder import FolderRateProvider
from flexlib.providers.guard import PluginFailure, PluginInfo
from flexlib.providers.hookspecs import RateProvider, hookimpl
from flexlib.providers.registry import PluginRegistry, PluginWarning, load_plugins, load_rates, read_rate_sheet

if TYPE_CHECKING:
    from flexlib.model.directory import Directory, UnassignedReason, UnassignedUse
    from flexlib.model.people import ALL_PRODUCTS, AllProducts, Assignment, TeamDefault, User

__all__ = [
    "ALL_PRODUCTS",
    "EVERY_TEAM",
    "FLEX",
    "STANDARD_RULES",
    "Alert",
    "AlertRule",
    "AllProducts",
    "Assignment",
    "Budget",
    "Catalog",
    "Charge",
    "ChargeBasis",
    "ChargePolicy",
    "ChargeWindow",
    "Directory",
    "Draw",
    "DuplicateProviderError",
    "EntryKind",
    "EveryTeam",
    "ExpiringTokens",
    "Explanation",
    "FlexError",
    "FolderRateProvider",
    "FormatError",
    "HistoryError",
    "InvalidTokensError",
    "InvalidValueError",
    "LateUsageError",
    "Ledger",
    "LedgerEntry",
    "LedgerError",
    "LowBalance",
    "Meter",
    "MeterChange",
    "MissingExtraError",
    "NaiveDatetimeError",
    "Outcome",
    "PluginError",
    "PluginFailure",
    "PluginInfo",
    "PluginLoadError",
    "PluginRegistry",
    "PluginWarning",
    "Product",
    "Rate",
    "RateBook",
    "RateConflict",
    "RateConflictError",
    "RateNotFoundError",
    "RateProvider",
    "RateSheet",
    "Refund",
    "Refusal",
    "ReportedSummary",
    "ReportedTotal",
    "ReportedUse",
    "Reserve",
    "ResultUse",
    "RunningOn",
    "Seat",
    "Session",
    "Shortfall",
    "Simulation",
    "Source",
    "TeamDefault",
    "TokenPack",
    "Transfer",
    "UnassignedReason",
    "UnassignedUse",
    "UnknownExportError",
    "UnknownProductError",
    "UnknownRecordError",
    "UnknownRegionError",
    "UseAccount",
    "User",
    "WindowCause",
    "alerts",
    "charge_reported",
    "charge_usage",
    "charge_windows",
    "explain_usage",
    "hookimpl",
    "load_plugins",
    "load_rates",
    "read_rate_sheet",
    "replay_alerts",
    "settle",
    "simulate",
]

# People take a twentieth of the time of `import flexlib`, and only those who administer assignments need them.
_LATE = {
    "ALL_PRODUCTS": "flexlib.model.people",
    "AllProducts": "flexlib.model.people",
    "Assignment": "flexlib.model.people",
    "Directory": "flexlib.model.directory",
    "TeamDefault": "flexlib.model.people",
    "UnassignedReason": "flexlib.model.directory",
    "UnassignedUse": "flexlib.model.directory",
    "User": "flexlib.model.people",
}


if not TYPE_CHECKING:  # else a name that is not there would pass for an object

    def __getattr__(name: str) -> object:
        """Return a public name that is loaded when it is first asked for."""
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_LATE[name]), name)
