"""Products, and the catalogue that finds them under the names people write."""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterable, Iterator

from attrs import Factory, field, frozen

from flexlib.errors import InvalidValueError, UnknownProductError
from flexlib.model.names import as_names, not_blank

_VERSION_YEAR = re.compile(r"\s+(19|20)\d\d$")


class ChargeBasis(enum.Enum):
    """What a rate is charged for: each 24-hour window of a user and product (rule C1), or each result (rule C10).

    .. versionadded:: 0.1.0
    """

    PER_DAY = "day"
    PER_RESULT = "result"


@frozen
class Product:
    """A product that is charged in tokens.

    Attributes:
        code: The short name that sessions, rates and seats use.
        name: The name as the vendor writes it.
        basis: Whether its tokens are charged a day or a result.
        aliases: Other spellings under which it is met.
        idle_aware: Whether the product pauses further charges while it is idle (rule C6; the vendor says "supporting products"
            and lists none, so true unless stated).

    .. versionadded:: 0.1.0
    """

    code: str = field(validator=not_blank)
    name: str = field(validator=not_blank)
    basis: ChargeBasis = field(default=ChargeBasis.PER_DAY, kw_only=True)
    aliases: tuple[str, ...] = field(default=(), converter=as_names, kw_only=True)
    idle_aware: bool = field(default=True, kw_only=True)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


@frozen
class Catalog:
    """The products that are known, found by code, name or alias.

    Raises:
        InvalidValueError: Two products share a code, name or alias.

    >>> catalog = Catalog([Product("autocad", "AutoCAD", aliases=["ACD"])])
    >>> catalog.resolve("AutoCAD 2024").code
    'autocad'

    .. versionadded:: 0.1.0
    """

    products: tuple[Product, ...] = field(converter=tuple[Product, ...])
    _by_name: dict[str, Product] = field(
        default=Factory(lambda self: self._index(), takes_self=True), init=False, repr=False, eq=False
    )

    def _index(self) -> dict[str, Product]:
        index: dict[str, Product] = {}
        for product in self.products:
            for name in (product.code, product.name, *product.aliases):
                known = index.setdefault(_folded(name), product)
                if known != product:
                    raise InvalidValueError("alias", name, f"one product a name, but {known.code} and {product.code} share it")
        return index

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products)

    def resolve(self, text: str) -> Product:
        """Return the product of a code, name or alias, in any case, with or without a version year behind it (rule C2).

        Raises:
            UnknownProductError: None is known by that name; the error names the nearest.

        .. versionadded:: 0.1.0
        """
        name = _folded(text)
        product = self._by_name.get(name) or self._by_name.get(_VERSION_YEAR.sub("", name))
        if product is None:
            nearest = difflib.get_close_matches(name, self._by_name, n=3)
            raise UnknownProductError(text, tuple(dict.fromkeys(self._by_name[near].code for near in nearest)))
        return product


def code_resolver(catalog: Catalog | None, names: Iterable[str]) -> dict[str, str]:
    """Return the product code of each name: the catalogue's, or the name itself where there is no catalogue."""
    return {name: catalog.resolve(name).code if catalog else name for name in set(names)}


def known_code(product: str, catalog: Catalog | None) -> str | None:
    """Return the code of a product, None where the catalogue does not know it; without a catalogue every name is a code."""
    try:
        return catalog.resolve(product).code if catalog else product
    except UnknownProductError:
        return None
