"""What a what-if answers: outcomes, and the differences between them by user and product."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from attrs import field, frozen

from flexlib.charging.explanation import Explanation
from flexlib.model.amounts import counted, plain
from flexlib.planning.alternatives.facts import Facts
from flexlib.pool.ledger import Ledger


@frozen
class UserDifference:
    """What a change means for one user's use.

    Attributes:
        user: The user.
        before: Their tokens as it is, less what was refunded.
        after: Their tokens as it would be.
        tokens: The difference, after less before.
        money: The difference in money with the seats bought for them, None without a token price.

    .. versionadded:: 0.1.0
    """

    user: str
    before: Decimal
    after: Decimal
    tokens: Decimal
    money: Decimal | None


@frozen
class ProductDifference:
    """What a change means for one product.

    Attributes:
        product: The product's code.
        before: Its tokens as it is, less what was refunded.
        after: Its tokens as it would be.
        tokens: The difference, after less before.
        money: What the difference in tokens is worth, None without a token price; seats, which may cover several products, are no part.

    .. versionadded:: 0.1.0
    """

    product: str
    before: Decimal
    after: Decimal
    tokens: Decimal
    money: Decimal | None


@frozen
class UsageOutcome:
    """What facts come to.

    Two figures of money stand beside each other. ``money`` is what the use is worth: its tokens at the token price, whatever was paid
    for them, and the bought seats. ``paid`` is what is spent: all packs at their own prices, used or not, and the bought seats.

    Attributes:
        facts: The facts.
        ledger: Their charges settled against their packs.
        at: The instant of the readings of the pool.
        tokens: The tokens charged, less those refunded, of the whole usage.
        drawn: The tokens drawn from packs up to the instant, less those refunded.
        expired: The tokens that had expired unused by then.
        shortfall: The tokens that the pool lacked up to then.
        balance: The tokens usable then.
        seats_cost: What the bought seats cost.
        money: The tokens at the token price and the bought seats, None without a token price.
        paid: The prices of all packs and the bought seats, None where a pack has no price or the currencies are several.

    .. versionadded:: 0.1.0
    """

    facts: Facts = field(repr=False)
    ledger: Ledger = field(repr=False)
    at: datetime
    tokens: Decimal
    drawn: Decimal
    expired: Decimal
    shortfall: Decimal
    balance: Decimal
    seats_cost: Decimal
    money: Decimal | None
    paid: Decimal | None


@frozen
class WhatIf:
    """The same use under other facts, beside what it is.

    Differences are after less before: a saving is negative.

    Attributes:
        changes: What is otherwise, in words, in the order of the changes.
        before: What the facts come to as they are.
        after: What they would come to.
        tokens: The difference in tokens.
        money: The difference in ``UsageOutcome.money``, None without a token price.
        paid: The difference in ``UsageOutcome.paid``, None where one of the two is not known.
        users: Every user with a charge or a bought seat, the greatest difference in money first whichever its sign (in tokens, where
            money is equal or unknown), then by name; their differences add up to ``tokens`` and ``money``.
        products: Every product charged, in the same order; their differences add up to ``tokens``, and with the bought seats to
            ``money``.

    .. versionadded:: 0.1.0
    """

    changes: tuple[str, ...]
    before: UsageOutcome
    after: UsageOutcome
    tokens: Decimal
    money: Decimal | None
    paid: Decimal | None
    users: tuple[UserDifference, ...]
    products: tuple[ProductDifference, ...]

    def explain(self) -> Explanation:
        """Return the differences in words and as data: the totals, then each user that differs.

        .. versionadded:: 0.1.0
        """
        before, after = self.before.tokens, self.after.tokens
        lines = [f"{', then '.join(self.changes) or 'nothing changed'}: {_in_words(before, after, self.tokens)}"]
        lines += [] if self.money is None else [f"in money {_signed(self.money)}, with the seats bought"]
        lines += [] if self.paid is None else [f"paid for packs and seats {_signed(self.paid)}"]
        differing = [user for user in self.users if user.tokens or user.money]
        lines += [f"{user.user}: {_in_words(user.before, user.after, user.tokens)}{_worth(user.money)}" for user in differing]
        return Explanation(
            tuple(lines),
            (),
            {
                "changes": list(self.changes),
                "tokens": plain(self.tokens),
                "money": _plain_or_none(self.money),
                "paid": _plain_or_none(self.paid),
                "users": [
                    {"user": user.user, "tokens": plain(user.tokens), "money": _plain_or_none(user.money)} for user in differing
                ],
            },
        )


def _plain_or_none(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def _signed(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{plain(amount)}"


def _in_words(before: Decimal, after: Decimal, difference: Decimal) -> str:
    return f"{counted(after, 'token')} in place of {plain(before)} ({_signed(difference)})"


def _worth(money: Decimal | None) -> str:
    return "" if money is None else f", in money {_signed(money)}"
