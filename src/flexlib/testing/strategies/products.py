"""Strategies for products and catalogues."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from flexlib.model.products import Catalog, ChargeBasis, Product
from flexlib.testing.strategies.basics import PRODUCTS, Names, named


def products(*, codes: Names = PRODUCTS) -> st.SearchStrategy[Product]:
    """Return a strategy of products; shrinks to the first code, charged a day, idle-aware, without aliases.

    Args:
        codes: The codes, or a strategy of them.

    .. versionadded:: 0.1.0
    """
    return named(codes).flatmap(_product)


def catalogs(*, codes: Names = PRODUCTS) -> st.SearchStrategy[Catalog]:
    """Return a strategy of catalogues in which no two products share a name; shrinks to an empty one.

    Args:
        codes: The codes of the products that may be in it, or a strategy of them.

    .. versionadded:: 0.1.0
    """
    return st.lists(products(codes=codes), max_size=5).map(_apart).map(Catalog)


def _product(code: str) -> st.SearchStrategy[Product]:
    return st.builds(
        Product,
        st.just(code),
        st.sampled_from([code, f"{code} studio"]),
        basis=st.sampled_from(ChargeBasis),
        aliases=st.sampled_from([(), (code.upper(),), (f"{code} lt", f"{code} suite")]),
        idle_aware=st.sampled_from([True, False]),
    )


def _apart(drawn: Iterable[Product]) -> list[Product]:
    """Return the products that share no name with one before them."""
    apart: list[Product] = []
    taken: set[str] = set()
    for product in drawn:
        names = {" ".join(name.casefold().split()) for name in (product.code, product.name, *product.aliases)}
        if taken.isdisjoint(names):
            taken |= names
            apart.append(product)
    return apart
