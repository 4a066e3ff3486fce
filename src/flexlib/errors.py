"""Every error that flexlib raises.

Each keeps what it was told as attributes and hands all of it to ``super().__init__``, so that it pickles; each is a `FlexError`
and, where one fits, the built-in exception that a caller would look for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


class FlexError(Exception):
    """The base of every error of flexlib.

    .. versionadded:: 0.1.0
    """


class NaiveDatetimeError(FlexError, ValueError):
    """A datetime without a time zone was given where an instant is meant (rule T1).

    .. versionadded:: 0.1.0
    """

    def __init__(self, value: datetime) -> None:
        super().__init__(value)
        self.value = value

    def __str__(self) -> str:
        return f"{self.value.isoformat()} has no time zone: give an aware datetime, such as {self.value.isoformat()}+00:00"


class InvalidTokensError(FlexError, ValueError):
    """An amount of tokens, money or results is not an exact number of the kind that is wanted (rule C10).

    .. versionadded:: 0.1.0
    """

    def __init__(self, value: object, expected: str) -> None:
        super().__init__(value, expected)
        self.value = value
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.value!r} is not an amount: give {self.expected}"


class InvalidValueError(FlexError, ValueError):
    """A field holds what it cannot mean, such as a session that closes before it opens.

    .. versionadded:: 0.1.0
    """

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(field, value, expected)
        self.field = field
        self.value = value
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.field} is {self.value!r}: expected {self.expected}"


class UnknownProductError(FlexError, LookupError):
    """A catalogue knows no product of that code, name or alias.

    .. versionadded:: 0.1.0
    """

    def __init__(self, product: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(product, nearest)
        self.product = product
        self.nearest: tuple[str, ...] = tuple(nearest)

    def __str__(self) -> str:
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return f"no product is known as {self.product!r}{hint}"


class RateNotFoundError(FlexError, LookupError):
    """No rate of a product is in force at an instant (rule R1).

    .. versionadded:: 0.1.0
    """

    def __init__(self, product: str, at: datetime, region: str | None, hint: str) -> None:
        super().__init__(product, at, region, hint)
        self.product = product
        self.at = at
        self.region = region
        self.hint = hint

    def __str__(self) -> str:
        where = f" in region {self.region}" if self.region else ""
        return f"no rate for {self.product!r} at {self.at.isoformat()}{where}: {self.hint}"


class RateConflictError(FlexError):
    """Rates disagree and the caller has not said which goes before (rule R3).

    ``sides`` holds each rate in words, with its sheet and source.

    .. versionadded:: 0.1.0
    """

    def __init__(self, product: str, at: datetime, region: str | None, sides: Sequence[str]) -> None:
        super().__init__(product, at, region, sides)
        self.product = product
        self.at = at
        self.region = region
        self.sides: tuple[str, ...] = tuple(sides)

    def __str__(self) -> str:
        return (
            f"the rates for {self.product!r} at {self.at.isoformat()} disagree: {'; '.join(self.sides)}. "
            "Name the sheet or provider to trust in `precedence`"
        )


class UnknownRegionError(FlexError, LookupError):
    """Rates were asked for a region that no one serves (rule R2).

    .. versionadded:: 0.1.0
    """

    def __init__(self, region: str, nearest: Sequence[str], served: Sequence[str]) -> None:
        super().__init__(region, nearest, served)
        self.region = region
        self.nearest: tuple[str, ...] = tuple(nearest)
        self.served: tuple[str, ...] = tuple(served)

    def __str__(self) -> str:
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else "."
        return f"no one serves the region {self.region!r}{hint} Served: {', '.join(self.served) or 'none by name'}"


class LateUsageError(FlexError, ValueError):
    """Use was fed to a meter that opened before the instant up to which its charges are final.

    .. versionadded:: 0.1.0
    """

    def __init__(self, user: str, product: str, at: datetime, sealed_until: datetime) -> None:
        super().__init__(user, product, at, sealed_until)
        self.user = user
        self.product = product
        self.at = at
        self.sealed_until = sealed_until

    def __str__(self) -> str:
        return (
            f"{self.user}'s use of {self.product} from {self.at.isoformat()} came late: "
            f"charges before {self.sealed_until.isoformat()} are sealed; charge the whole usage anew with charge_usage"
        )


class LedgerError(FlexError):
    """Charges, packs, refunds and transfers do not fit together.

    .. versionadded:: 0.1.0
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class UnknownRecordError(LedgerError, LookupError):
    """A ledger holds no charge or pack of that id.

    .. versionadded:: 0.1.0
    """


class FormatError(FlexError, ValueError):
    """A file, or one row of it, cannot be read.

    ``file`` names the file, ``place`` the row, line or key (None for the file as a whole), ``field`` the column or key at fault,
    ``problem`` what is wrong and what would be right.

    .. versionadded:: 0.1.0
    """

    def __init__(self, file: str, place: str | None, field: str | None, problem: str) -> None:
        super().__init__(file, place, field, problem)
        self.file = file
        self.place = place
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.field, self.problem) if part)


class UnknownExportError(FormatError):
    """A file is none of the vendor's exports that are known.

    .. versionadded:: 0.1.0
    """


class HistoryError(FlexError):
    """The file of a history cannot be opened, read or added to.

    ``file`` names the file, ``problem`` what is wrong and what would be right.

    .. versionadded:: 0.1.0
    """

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(file, problem)
        self.file = file
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


class PluginError(FlexError):
    """A rate plugin failed.

    .. versionadded:: 0.1.0
    """


class PluginLoadError(PluginError):
    """A plugin could not be loaded, or broke the contract, while ``strict`` was asked for.

    .. versionadded:: 0.1.0
    """

    def __init__(self, plugin: str, distribution: str | None, version: str | None, stage: str, error: str) -> None:
        super().__init__(plugin, distribution, version, stage, error)
        self.plugin = plugin
        self.distribution = distribution
        self.version = version
        self.stage = stage
        self.error = error

    def __str__(self) -> str:
        origin = f" of {self.distribution} {self.version}" if self.distribution else ""
        return f"plugin {self.plugin!r}{origin} failed at {self.stage}: {self.error}"


class DuplicateProviderError(PluginError):
    """Two plugins offer a rate provider of one name, or two entry points share one.

    .. versionadded:: 0.1.0
    """

    def __init__(self, name: str, plugins: Sequence[str]) -> None:
        super().__init__(name, plugins)
        self.name = name
        self.plugins: tuple[str, ...] = tuple(plugins)

    def __str__(self) -> str:
        return f"the name {self.name!r} is taken twice, by {' and by '.join(self.plugins)}: block one of them"


class MissingExtraError(FlexError, ImportError):
    """What was asked for needs an optional package that is not installed.

    ``extra`` names flexlib's extra that brings it, ``package`` the package that is missing.

    .. versionadded:: 0.1.0
    """

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(extra, package)
        self.extra = extra
        self.package = package

    def __str__(self) -> str:
        return f'this needs the package {self.package!r}: pip install "flexlib[{self.extra}]"'
