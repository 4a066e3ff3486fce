"""Facts placed beside what a history holds: new, known, changed or superseded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field

from flexlib.history.facts import Content, Fact, agree, rank, read_facts


@define
class Version:
    """A version of a fact that a history holds; its body is read only where it must be compared."""

    kind: str
    body: str
    file: str
    _facts: tuple[Fact, ...] | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The values of the body."""
        if self._facts is None:
            self._facts = read_facts(self.kind, self.body, self.file)
        return self._facts


@define
class Placed:
    """A version to be kept: its number among those of its fact, and the one that it replaces."""

    content: Content
    number: int
    before: Version | None


@define
class Placing:
    """Places facts one after the other, each beside those before it."""

    versions: Mapping[tuple[str, str], list[Version]]
    file: str
    restore: bool
    kept: list[Placed] = field(factory=list)
    known: int = 0
    superseded: int = 0

    def place(self, content: Content) -> None:
        """Place a fact."""
        versions = self.versions[content.kind, content.identity]
        if versions and _is_known(content, versions[-1]):
            self.known += 1
        elif versions and not self.restore and _is_superseded(content, versions):
            self.superseded += 1
        else:
            self.kept.append(Placed(content, len(versions) + 1, versions[-1] if versions else None))
            versions.append(Version(content.kind, content.body, self.file, content.facts))

    @property
    def changed(self) -> int:
        """How many facts replace another version."""
        return sum(placed.before is not None for placed in self.kept)


def _is_known(content: Content, current: Version) -> bool:
    """Tell whether the current version says what a fact says, and names no less."""
    if content.body == current.body:
        return True
    return agree(content.facts, current.facts) and rank(content.facts) <= rank(current.facts)


def _is_superseded(content: Content, versions: Sequence[Version]) -> bool:
    """Tell whether a fact, which says other than the current version or names more, says what a replaced version said.

    One that agrees with the current version was not replaced but named less, unless the fact itself does not agree.
    """
    *older, current = versions
    agrees = agree(content.facts, current.facts)
    return any(agree(content.facts, version.facts) and not (agrees and agree(version.facts, current.facts)) for version in older)
