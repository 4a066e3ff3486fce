"""Chargeback tags: dated assignments of projects, cost centres and the like to what is charged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from attrs import Factory, field, frozen
from attrs.validators import optional

from flexlib.charging.charges import Charge
from flexlib.errors import InvalidValueError
from flexlib.model.instants import from_date_or_instant_or_none
from flexlib.model.names import not_blank

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)

Scope: TypeAlias = tuple[str | None, str | None, str | None]


@frozen
class TagAssignment:
    """A tag of the charges of a user, a team, a product, or of several of these together, on ``[starts_at, ends_at)``.

    Attributes:
        key: The name of the tag, such as ``cost-centre``.
        value: Its value.
        user: The user whose charges have it, None for every user.
        team: The team, None for every team and for charges without one.
        product: The product's code, None for every product.
        starts_at: The first instant of a charge that has it, None for "always before"; a plain date means 00:00 UTC of that day.
        ends_at: The first instant that no longer has it, None for "until further notice"; a plain date likewise.

    Raises:
        InvalidValueError: A name is blank, or it ends before it starts.
        NaiveDatetimeError: A bound is a naive datetime.

    .. versionadded:: 0.1.0
    """

    key: str = field(validator=not_blank)
    value: str = field(validator=not_blank)
    user: str | None = field(default=None, validator=optional(not_blank), kw_only=True)
    team: str | None = field(default=None, validator=optional(not_blank), kw_only=True)
    product: str | None = field(default=None, validator=optional(not_blank), kw_only=True)
    starts_at: datetime | None = field(default=None, converter=from_date_or_instant_or_none, kw_only=True)
    ends_at: datetime | None = field(default=None, converter=from_date_or_instant_or_none, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.ends_at is not None and self.ends_at <= (self.starts_at or _FIRST):
            raise InvalidValueError("ends_at", self.ends_at.isoformat(), "an instant after starts_at")

    def __str__(self) -> str:
        whose = [f"{name} {given}" for name in ("user", "team", "product") if (given := getattr(self, name))]
        since = f" from {self.starts_at.isoformat()}" if self.starts_at else ""
        until = f" until {self.ends_at.isoformat()}" if self.ends_at else ""
        return f"{self.key} {self.value} of {' and '.join(whose) or 'everyone'}{since}{until}"

    def holds(self, at: datetime) -> bool:
        """Tell whether it is in force at an instant.

        .. versionadded:: 0.1.0
        """
        return (self.starts_at or _FIRST) <= at and (self.ends_at is None or at < self.ends_at)


def conflict(assignments: Iterable[TagAssignment]) -> tuple[TagAssignment, TagAssignment] | None:
    """Return two assignments that give one key two values for the same user, team and product at one instant, or None.

    .. versionadded:: 0.1.0
    """
    running: dict[tuple[str, Scope], TagAssignment] = {}
    for later in sorted(assignments, key=lambda assignment: assignment.starts_at or _FIRST):
        whose = (later.key, _scope(later))
        earlier = running.get(whose)
        overlapping = earlier is not None and (later.starts_at or _FIRST) < (earlier.ends_at or _LAST)
        if earlier and overlapping and earlier.value != later.value:
            return earlier, later
        if not (earlier and overlapping and (earlier.ends_at or _LAST) >= (later.ends_at or _LAST)):
            running[whose] = later
    return None


def _scope(assignment: TagAssignment) -> Scope:
    return (assignment.user, assignment.team, assignment.product)


@frozen
class ChargebackTags:
    """Tag assignments, and the tags that they give to a charge.

    For each key the assignment decides that names most of the charge: one of its user goes before one of its team, and that before one
    of its product; among those that name the user, one that names the team or the product too goes before one that does not. In
    order: user, team and product; user and team; user and product; user; team and product; team; product; everyone.

    Attributes:
        assignments: The assignments; their order makes no difference.

    Raises:
        InvalidValueError: Two assignments of one key for the same user, team and product give different values at one instant.

    >>> from datetime import UTC, date, datetime
    >>> tags = ChargebackTags(
    ...     [
    ...         TagAssignment("cost-centre", "4711", team="design"),
    ...         TagAssignment("cost-centre", "4720", user="ada", starts_at=date(2026, 3, 1)),
    ...     ]
    ... )
    >>> tags.of(Charge("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 10, team="design"))
    {'cost-centre': '4720'}

    .. versionadded:: 0.1.0
    """

    assignments: tuple[TagAssignment, ...] = field(converter=tuple[TagAssignment, ...])
    _by_scope: Mapping[Scope, list[TagAssignment]] = field(
        default=Factory(lambda self: self._index(), takes_self=True), init=False, repr=False, eq=False
    )

    def _index(self) -> Mapping[Scope, list[TagAssignment]]:
        doubled = conflict(self.assignments)
        if doubled:
            raise InvalidValueError("assignments", " and ".join(map(str, doubled)), "one value of a tag at a time")
        index: dict[Scope, list[TagAssignment]] = {}
        for assignment in self.assignments:
            index.setdefault(_scope(assignment), []).append(assignment)
        return index

    def of(self, charge: Charge) -> dict[str, str]:
        """Return the tags of a charge, sorted by key; a charge that no assignment fits has none.

        .. versionadded:: 0.1.0
        """
        tags: dict[str, str] = {}
        for user in (charge.user, None):
            for team in dict.fromkeys((charge.team, None)):
                for product in (charge.product, None):
                    for assignment in self._by_scope.get((user, team, product), ()):
                        if assignment.key not in tags and assignment.holds(charge.at):
                            tags[assignment.key] = assignment.value
        return dict(sorted(tags.items()))
