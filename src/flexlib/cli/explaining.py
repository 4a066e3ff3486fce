"""What ``flexlib explain`` finds: a user's use of a product at a time, and how each of its charges was paid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches

import click
from attrs import frozen

from flexlib.charging.accounts import UseAccount
from flexlib.charging.charges import Charge
from flexlib.charging.explanation import Explanation, JsonValue
from flexlib.cli.console import printable
from flexlib.cli.job import Case, product_code
from flexlib.model.amounts import plain
from flexlib.model.usage import Session
from flexlib.pool.ledger import Ledger


@frozen
class FoundUse:
    """The sessions and results that were found, and the charges that the vendor reported."""

    accounts: list[UseAccount]
    reported: list[Charge]
    ledger: Ledger

    def in_words(self) -> Iterator[str]:
        """Yield the account of each use, and after it how each of its charges was paid."""
        yield from (self._account_in_words(account) for account in self.accounts)
        yield from (str(self.ledger.explain(charge)) for charge in self.reported)

    def as_json(self) -> list[JsonValue]:
        """Return the same as JSON values."""
        accounts: list[JsonValue] = [
            {**account.explain().data, "charges": [dict(self.ledger.explain(charge).data) for charge in account.charges]}
            for account in self.accounts
        ]
        return [*accounts, *(_reported_as_json(charge, self.ledger) for charge in self.reported)]

    def _account_in_words(self, account: UseAccount) -> str:
        use = account.explain()
        paid = [self.ledger.explain(charge) for charge in account.charges]
        lines = [*use.lines, *(line for explanation in paid for line in explanation.lines if line not in use.lines)]
        rules = [*use.rules, *(rule for explanation in paid for rule in explanation.rules)]
        return str(Explanation(tuple(lines), tuple(rules), use.data))


def find_use(case: Case, user: str, product: str, start: datetime, end: datetime, day: date) -> FoundUse:
    """Return a user's use of a product in a span of time, or what the vendor reported of it for a day, in whatever case it is named.

    Raises:
        ClickException: There is none; the message names the nearest.
        UnknownProductError: The catalogue does not know the product.
    """
    catalog = case.inputs.catalog
    code = product_code(product, catalog, strict=not case.inputs.reported)
    own = [
        account
        for account in case.accounts
        if account.use.user == user and product_code(account.use.product, catalog, strict=False) == code
    ]
    charges = [charge for charge in case.ledger.charges if charge.reported and _folded(charge.user) == _folded(user)]
    told = [charge for charge in charges if _folded(charge.product) == _folded(code)]
    found = [account for account in own if _in_use(account, start, end)]
    reported = [charge for charge in told if charge.reported and charge.reported.day == day]
    if not (found or reported):
        names = {_folded(charge.product): charge.product for charge in charges}
        near = [names[name] for name in get_close_matches(_folded(product), names)]
        raise click.ClickException(printable(_nothing_found(user, product, start, [*own, *told], near)))
    return FoundUse(found, reported, case.ledger)


def _folded(name: str) -> str:
    """Return a name as those of the vendor's rows are compared: their e-mails are in lower case, and their products are not codes."""
    return " ".join(name.casefold().split())


def _reported_as_json(charge: Charge, ledger: Ledger) -> JsonValue:
    """Return a charge of the vendor's report in the form of an account of use."""
    return {
        "user": charge.user,
        "product": charge.product,
        "at": charge.at.isoformat(),
        "outcome": "reported",
        "tokens": plain(charge.tokens),
        "charges": [dict(ledger.explain(charge).data)],
        "windows": [],
        "error": None,
    }


def _in_use(account: UseAccount, start: datetime, end: datetime) -> bool:
    closed = account.use.closed_at if isinstance(account.use, Session) else None
    return account.at < end and (account.at >= start or (closed is not None and closed > start))


def _nothing_found(user: str, product: str, at: datetime, own: list[UseAccount | Charge], near: list[str]) -> str:
    if not own:
        hint = f": did you mean {' or '.join(near)}?" if near else ""
        return f"{user} never used {product} in these files{hint}"
    nearest = min((use.at for use in own), key=lambda began: abs(began - at))
    return f"{user} did not use {product} at {at.isoformat()}; the nearest use began at {nearest.isoformat()}"
