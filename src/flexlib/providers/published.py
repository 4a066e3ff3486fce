"""The built-in plugin ``published``: exactly the rates that could be read with an address, each with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from flexlib.formats.accounts import read_account
from flexlib.formats.rate_sheets import read_toml_sheet
from flexlib.model.products import Product
from flexlib.model.ratebook import RateBook
from flexlib.model.rates import RateSheet
from flexlib.providers.hookspecs import RateProvider, hookimpl

DATA = Path(__file__).parent / "data"


@frozen
class SheetFiles:
    """A provider of the rate sheets in files that come with flexlib, for everywhere."""

    name: str
    files: tuple[str, ...]
    regions: tuple[str, ...] = ()

    def rate_sheets(self, region: str | None) -> Iterable[RateSheet]:  # noqa: ARG002  # they hold everywhere
        """Return the sheets, the same for every region."""
        return [read_toml_sheet(DATA / file) for file in self.files]


@hookimpl
def flexlib_rate_providers() -> Iterable[RateProvider]:
    """Return the provider of the published rates."""
    return [SheetFiles("published", ("published.toml",))]


def products_of(book: RateBook) -> tuple[Product, ...]:
    """Return the products of a book: the published ones under the vendor's names, the others under their codes."""
    published = {product.code: product for product in read_account(DATA / "products.toml").products}
    return tuple(published.get(code) or Product(code, code) for code in book.products)
