"""A failing firm made smaller, as long as the same reading fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from attrs import define, evolve
from driver import MismatchError, simulate
from firm import Arrival, Firm

from flexlib import ChargePolicy

T = TypeVar("T")

TRIES = 600


def shrunk(firm: Firm, mismatch: MismatchError, *, policy: ChargePolicy | None = None) -> tuple[Firm, MismatchError]:
    """Return the smallest firm found that fails alike, and how it does; after so many tries, the smallest until then."""
    search = _Search(firm, mismatch, policy)
    search.keep(firm.with_events(firm.events[: mismatch.place + 1]))
    before = None
    while search.firm != before and search.tries < TRIES:
        before = search.firm
        search.pass_over()
    return search.firm, search.mismatch


@define
class _Search:
    firm: Firm
    mismatch: MismatchError
    policy: ChargePolicy | None
    tries: int = 0

    def keep(self, smaller: Firm) -> None:
        """Go on with a smaller firm, if it fails alike."""
        if smaller == self.firm or self.tries >= TRIES:
            return
        self.tries += 1
        try:
            simulate(smaller, policy=self.policy)
        except MismatchError as error:
            if _kind(error) == _kind(self.mismatch):
                self.firm, self.mismatch = smaller, error

    def pass_over(self) -> None:
        """Leave out events, then facts, then crashes."""
        self._without(lambda: self.firm.events, self.firm.with_events)
        for place in reversed(range(len(self.firm.events))):
            if isinstance(self.firm.events[place], Arrival):
                self._simplify(place)
        self.keep(evolve(self.firm, crash=None))

    def _simplify(self, place: int) -> None:
        for name in ("again", "facts"):
            self._without(
                partial(self._facts, place, name), lambda facts, name=name: _with(self.firm, place, **{name: tuple(facts)})
            )
        for change in ({"crash": None}, {"twice": False}, {"seals": False}):
            self.keep(_with(self.firm, place, **change))

    def _facts(self, place: int, name: str) -> Sequence[object]:
        return getattr(self.firm.events[place], name)

    def _without(self, items: Callable[[], Sequence[T]], firm_of: Callable[[Sequence[T]], Firm]) -> None:
        """Leave out ever smaller pieces of a sequence, from its end on."""
        size = len(items())
        while size:
            start = len(items())
            while start > 0:
                now = items()
                self.keep(firm_of([*now[: max(0, start - size)], *now[start:]]))
                start -= size
            size //= 2


def told(firm: Firm) -> str:
    """Return a firm and its events, one a line."""
    terms = f"Firm(zone={firm.zone!r}, region={firm.region!r}, policy={firm.policy}, crash={firm.crash})"
    return "\n".join([terms, *(f"  {line}" for event in firm.events for line in _lines(event))])


def _lines(event: object) -> Iterator[str]:
    if not isinstance(event, Arrival):
        yield str(event)
        return
    yield str(evolve(event, facts=(), again=()))
    yield from (f"  told: {fact}" for fact in event.facts)
    yield from (f"  again: {fact}" for fact in event.again)


def _kind(error: MismatchError) -> str:
    """Return what was read, without the instant."""
    return error.reading.split(" at ")[0].split(" of ")[0].split(" by ")[0]


def _with(firm: Firm, place: int, **changes: object) -> Firm:
    return firm.with_events([*firm.events[:place], evolve(firm.events[place], **changes), *firm.events[place + 1 :]])
