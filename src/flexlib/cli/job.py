"""What the commands on usage are given, and what they make of it: facts, charges and the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path

from attrs import evolve, frozen

from flexlib.charging.accounts import UseAccount, explain_usage
from flexlib.charging.charges import Charge
from flexlib.charging.reported import charge_of
from flexlib.cli.inputs import Decimals, Inputs, LargeReader, read_inputs
from flexlib.cli.options import warn
from flexlib.errors import FlexError
from flexlib.model.products import Catalog, known_code
from flexlib.model.ratebook import RateBook
from flexlib.model.reported import ReportedUse
from flexlib.pool.ledger import Ledger, settle
from flexlib.providers.guard import PluginFailure
from flexlib.providers.published import products_of
from flexlib.providers.registry import PluginRegistry, load_plugins

SESSIONS, EXPORT = "sessions", "export"


@frozen
class Case:
    """The facts of the given files, with what each use cost and the ledger of the charges, which are those of `source`."""

    source: str
    inputs: Inputs
    accounts: list[UseAccount]
    ledger: Ledger


@frozen
class Job:
    """What a command on usage is given."""

    paths: tuple[Path, ...]
    rate_files: tuple[Path, ...]
    precedence: tuple[str, ...]
    region: str | None
    zone: tzinfo
    times_in: tzinfo | None
    decimal: Decimals | None
    charges_from: str | None = None

    def case(self) -> Case:
        """Return the facts and the ledger: of what the sessions cost, or of what the vendor's export says was charged.

        Raises:
            FlexError: The files hold neither, or not the one that is asked for, or both and it is not said which are the charges.
        """
        return self.case_of(*self.given())

    def given(self, large: LargeReader | None = None) -> tuple[Inputs, RateBook | None]:
        """Return the facts that decide, and the rate book where these are sessions and results; it raises as `case` does."""
        registry = load_plugins()
        inputs = self.inputs(registry, large)
        if self._source(inputs) == SESSIONS:
            return self.rated(evolve(inputs, reported=()), registry)
        return evolve(inputs, usage=(), tables=()), None

    def case_of(self, inputs: Inputs, book: RateBook | None) -> Case:
        """Return the facts, of which no sessions are in tables, with what they cost and the ledger."""
        accounts = [] if book is None else self.accounts(inputs, book)
        charges = [charge for account in accounts for charge in account.charges]
        charges += reported_charges(inputs.reported, inputs.catalog)
        ledger = settle(charges, inputs.packs, refunds=inputs.refunds, transfers=inputs.transfers)
        return Case(EXPORT if book is None else SESSIONS, inputs, accounts, ledger)

    def accounts(self, inputs: Inputs, book: RateBook) -> list[UseAccount]:
        """Return what each use cost."""
        return explain_usage(inputs.usage, book, region=self.region, seats=inputs.seats, catalog=inputs.catalog)

    def inputs(self, registry: PluginRegistry, large: LargeReader | None = None) -> Inputs:
        """Return the facts in the files; files that hold neither usage nor an export raise `FlexError`."""
        inputs = read_inputs(self.paths, self.rate_files, self.times_in, registry, decimal=self.decimal, large=large)
        if not (inputs.has_usage or inputs.reported or inputs.problems):
            named = ", ".join(map(str, self.paths))
            raise FlexError(f"no sessions or results in {named}, nor an export of the vendor's: give a file of them")
        return inputs

    def rated(self, inputs: Inputs, registry: PluginRegistry) -> tuple[Inputs, RateBook]:
        """Return the rate book, of the sheets given or else of the installed providers; with these come the published products' names."""
        failures: list[PluginFailure] = []
        if inputs.sheets:
            book = RateBook(inputs.sheets, precedence=self.precedence, groups=registry.groups)
            if self.region is not None:
                book.check_region(self.region)
        else:
            book, failures = registry.rate_book(self.region, self.precedence)
            inputs = inputs if inputs.products else evolve(inputs, products=products_of(book))
        warn((*registry.failures, *failures))
        return inputs, book

    def _source(self, inputs: Inputs) -> str:
        if self.charges_from is not None:
            if not (inputs.problems or (inputs.has_usage if self.charges_from == SESSIONS else inputs.reported)):
                named = ", ".join(map(str, self.paths))
                raise FlexError(f"--charges-from is {self.charges_from}, and there are none of these charges in {named}")
            return self.charges_from
        if inputs.has_usage and inputs.reported:
            raise FlexError(
                "there are both sessions and rows of the vendor's export, and together they would count twice: "
                f"say --charges-from {SESSIONS} or --charges-from {EXPORT}; flexlib reconcile compares the two"
            )
        return EXPORT if inputs.reported else SESSIONS


def reported_charges(reported: Iterable[ReportedUse], catalog: Catalog | None) -> list[Charge]:
    """Return the charges of rows of the vendor's report, each by itself, also where the catalogue makes one product of two names."""
    rows = list(reported)
    charges = [charge_of(row, own.product) for row, own in zip(rows, known_by_code(rows, catalog), strict=True)]
    met: Counter[str] = Counter()
    for place, charge in enumerate(charges):
        met[charge.id] += 1
        if met[charge.id] > 1:
            charges[place] = evolve(charge, id=f"{charge.id}-{met[charge.id]}")
    return charges


def known_by_code(reported: Iterable[ReportedUse], catalog: Catalog | None) -> list[ReportedUse]:
    """Return rows of the vendor's report under the catalogue's codes; a product that it does not know keeps the vendor's name."""
    rows = list(reported)
    codes = {name: product_code(name, catalog, strict=False) for name in {row.product for row in rows}}
    return [evolve(row, product=codes[row.product]) for row in rows]


def product_code(product: str, catalog: Catalog | None, *, strict: bool) -> str:
    """Return the code of a product; one that the catalogue does not know keeps its name, or is an error where that is wanted."""
    return catalog.resolve(product).code if strict and catalog else known_code(product, catalog) or product
