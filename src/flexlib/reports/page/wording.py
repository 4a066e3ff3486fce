"""How the page writes instants, amounts and money, and the rules that its explanations cite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal

from attrs import frozen

from flexlib.model.amounts import ZERO, plain, total
from flexlib.reports.allocation import smallest_unit

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00)")

# The headings of docs/explanation/rules.md, each with what a reader of the page needs to know of the rule.
RULES: Mapping[str, tuple[str, str]] = {
    "T3": ("the day of a charge", "A charge is reported on the day on which its window opened."),
    "C1": ("a day is 24 hours from the launch", "A day rate pays for the 24 hours from a user's first launch of a product."),
    "C2": ("within the day, more use is free", "Other versions, other machines and reopening within the 24 hours add nothing."),
    "C3": ("still in use at the end", "A product that is still in use when the 24 hours end is charged again at that instant."),
    "C4": ("use up to the end", "Use that ends exactly when the 24 hours end is not charged again."),
    "C5": ("short launches", "A launch of less than five minutes costs nothing."),
    "C6": ("idle pauses", "A product that idles pauses further charges; the next one falls when meaningful use comes back."),
    "C7": ("an unknown end", "A session whose end is unknown counts as use at its opening only."),
    "C8": ("seats first", "A named subscription that covers the user and the product is used before any tokens."),
    "C9": ("several products at once", "Several products that are open at once are each charged."),
    "C10": ("charged per result", "Some services are charged for each result instead of for each day."),
    "C11": ("zero is a rate", "A rate may be zero, and a charge of zero tokens is a charge like any other."),
    "R1": ("the rate at the opening", "The rate is the one in force when the window opens."),
    "R2": ("regions", "A region's own rate goes before the one for everywhere."),
    "R3": ("sources and conflicts", "Every rate has a source, and rates that disagree are never chosen from in silence."),
    "P1": ("twelve months", "A pack's tokens last twelve months from its purchase; none roll over."),
    "P2": (
        "which pack first",
        "Packs are drawn on in the order in which they end; among those that end together the smallest goes first.",
    ),
    "P3": ("several packs for one charge", "One charge may draw on several packs."),
    "P4": ("an empty pool", "With too few tokens left a product cannot be opened; what a charge lacked is its shortfall."),
    "P5": ("transfers and returns", "Tokens can be moved between teams, and those of a failed result can be returned."),
}


@frozen
class Clock:
    """Writes instants as a clock in a zone shows them."""

    zone: tzinfo

    def show(self, instant: datetime) -> str:
        """Return an instant such as ``2026-03-02 08:00``, with its offset where clocks show that time twice."""
        local = instant.astimezone(self.zone)
        precision = "auto" if local.second or local.microsecond else "minutes"
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        return (local if twice else local.replace(tzinfo=None)).isoformat(" ", precision)


def cut_at_instants(line: str, shown: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a line cut at the instants that are known, and how each is shown; ``shown`` is by its ISO 8601 text in UTC."""
    first, *rest = _INSTANT.split(line)
    texts, instants = [first], []
    for instant, text in zip(rest[::2], rest[1::2], strict=True):
        if instant in shown:
            instants.append(shown[instant])
            texts.append(text)
        else:
            texts[-1] += instant + text
    return tuple(texts), tuple(instants)


def grouped(amount: Decimal | int) -> str:
    """Return an amount as plain digits, its thousands set off by commas."""
    whole, point, decimals = plain(Decimal(amount)).partition(".")
    return f"{Decimal(whole):,f}{point}{decimals}"


def money(amount: Decimal, currency: str) -> str:
    """Return an amount of money without its currency, with at least the decimals of the currency's smallest unit."""
    return f"{total([ZERO * smallest_unit(ZERO, currency), amount]):,f}"


def names_money(amounts: Mapping[str, Decimal]) -> str:
    """Return amounts of money with their currencies."""
    return ", ".join(f"{currency} {money(amount, currency)}" for currency, amount in sorted(amounts.items()))


def sentence(words: str) -> str:
    """Return words with a capital at their beginning."""
    return words[:1].upper() + words[1:]
