"""What is made of a ledger for others: reconciliation with the vendor's reports, and who bears what it cost."""

from flexlib.reports.allocation import PriceAllocation, TokenCost, UnusedRule, allocate, allocate_prices
from flexlib.reports.causes import DifferenceCause
from flexlib.reports.chargeback import ChargebackTags, TagAssignment
from flexlib.reports.differences import CauseTotal, Difference, Match, Reconciliation
from flexlib.reports.reconciliation import reconcile
from flexlib.reports.summaries import Summary, SummaryRow, summarize

__all__ = [
    "CauseTotal",
    "ChargebackTags",
    "Difference",
    "DifferenceCause",
    "Match",
    "PriceAllocation",
    "Reconciliation",
    "Summary",
    "SummaryRow",
    "TagAssignment",
    "TokenCost",
    "UnusedRule",
    "allocate",
    "allocate_prices",
    "reconcile",
    "summarize",
]
