"""What a ledger consists of: draws, shortfalls and the entries of its history."""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal

from attrs import frozen


class EntryKind(enum.Enum):
    """What moved tokens.

    .. versionadded:: 0.1.0
    """

    PURCHASE = "purchase"
    TRANSFER = "transfer"
    DRAW = "draw"
    REFUND = "refund"
    EXPIRY = "expiry"


class EveryTeam(enum.Enum):
    """Stands for all teams together where a reading can be had for one.

    .. versionadded:: 0.1.0
    """

    EVERY_TEAM = "every team"


EVERY_TEAM = EveryTeam.EVERY_TEAM
"""All teams together, the default of every reading of a `Ledger`.

.. versionadded:: 0.1.0
"""


@frozen
class Draw:
    """Tokens of a pack that a charge used (rules P2, P3).

    .. versionadded:: 0.1.0
    """

    charge_id: str
    pack_id: str
    tokens: Decimal
    at: datetime


@frozen
class Shortfall:
    """The part of a charge, or of a transfer, for which the pool had no tokens; it is final.

    Attributes:
        kind: `EntryKind.DRAW` for a charge, `EntryKind.TRANSFER` for a transfer.
        reference: The id of the charge; for a transfer its id, or its teams where it has none.
        tokens: The tokens that were missing.
        at: The instant.
        team: The team whose pool was short.

    .. versionadded:: 0.1.0
    """

    kind: EntryKind
    reference: str
    tokens: Decimal
    at: datetime
    team: str | None


@frozen
class LedgerEntry:
    """One movement of tokens in a pack.

    Attributes:
        at: When it happened.
        kind: What it was.
        pack_id: The pack.
        team: The team whose pool held or holds the tokens.
        tokens: The change of the pool: positive in, negative out.
        reference: The id of the charge drawn or refunded, the other team of a transfer, else None.
        balance: The tokens usable in all pools together after it.

    .. versionadded:: 0.1.0
    """

    at: datetime
    kind: EntryKind
    pack_id: str
    team: str | None
    tokens: Decimal
    reference: str | None
    balance: Decimal
