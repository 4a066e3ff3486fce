"""A sound rate provider, and one for each fault that the conformance kit is to find; all figures are made up."""

import time
from datetime import UTC, date, datetime
from decimal import Decimal

from attrs import evolve

from flexlib import ChargeBasis, Rate, RateSheet, Source

SOURCE = Source("acme", "price list", date(2024, 12, 1))


def rate(tokens=7, since=date(2025, 1, 1), product="widget", **rest):
    """Return a rate with a source."""
    return Rate(product, tokens, effective_from=since, **{"source": SOURCE, **rest})


class SoundRates:
    """Serves Germany, and EMEA as a group, in two sheets of one history."""

    name = "acme"
    regions = ("DE", "EMEA")
    region_groups = {"EMEA": ("DE", "FR")}  # noqa: RUF012  # as authors write it

    def rates(self):
        """Return all rates."""
        return [
            rate(7, effective_until=date(2026, 1, 1)),
            rate(8, region="DE"),
            rate(6, region="EMEA"),
            rate(Decimal("0.5"), product="solve", basis=ChargeBasis.PER_RESULT),
        ]

    def sheets(self):
        """Return all rates in sheets."""
        return [RateSheet("acme 2025", self.rates()), RateSheet("acme 2026", [rate(9, date(2026, 1, 1))])]

    def rate_sheets(self, region):
        """Return what holds for a region."""
        where = {None, region, *(name for name, members in self.region_groups.items() if region in members)}
        return [
            RateSheet(sheet.name, [rate for rate in sheet.rates if region is None or rate.region in where])
            for sheet in self.sheets()
        ]


class Plain:
    """Serves everywhere only, in sheets of its own."""

    name = "acme"
    regions = ()

    def sheets(self):
        """Return the sheets."""
        return [RateSheet("acme", [rate()])]

    def rate_sheets(self, _region):
        """Return the sheets, for every region."""
        return self.sheets()


def smuggled(**values):
    """Return a sheet whose first rate was given values behind its constructor's back."""
    sheet = RateSheet("acme", [rate(), rate(product="solve")])
    for name, value in values.items():
        object.__setattr__(sheet.rates[0], name, value)
    return sheet


class BlankName(Plain):
    name = " "


class NameThatRaises(Plain):
    @property
    def name(self):
        raise RuntimeError("no name today")


class RegionsAreOneText(Plain):
    regions = "DE"


class RegionsAreNoTexts(Plain):
    regions = ("DE", None)


class RegionsReadOnce(Plain):
    regions = iter(["DE"])


class NoSheetsMethod:
    name = "acme"
    regions = ()


class GivesRates(Plain):
    def sheets(self):
        return [rate()]


class GivesNothing(Plain):
    def sheets(self):
        return None


class NeverEnds(Plain):
    def sheets(self):
        while True:
            yield RateSheet("acme", [])


class Exits(Plain):
    def sheets(self):
        raise SystemExit(3)


class Unspeakable(Exception):  # noqa: N818  # made up
    def __str__(self):
        raise ValueError


class RaisesUnspeakably(Plain):
    def sheets(self):
        raise Unspeakable


class UnknownRegion(SoundRates):
    regions = ("DE", "EMEA", "Atlantis")


class GroupOfNoCountries(SoundRates):
    region_groups = {"EMEA": ("DE", "Germany")}  # noqa: RUF012


class UnlistedRegion(SoundRates):
    regions = ("EMEA",)


class NeverTheSame(SoundRates):
    def __init__(self):
        self.asked = set()

    def rate_sheets(self, region):
        sheets = super().rate_sheets(region)
        more = [rate(1, product="late")] if region in self.asked else []
        self.asked.add(region)
        return [*sheets, RateSheet("late", more)]


class DependsOnTheOrder(SoundRates):
    last = None

    def rate_sheets(self, region):
        more = [rate(1, product="after")] if (self.last, region) == ("DE", None) else []
        self.last = region
        return [*super().rate_sheets(region), RateSheet("after", more)]


class FailsTheSecondTime(SoundRates):
    def __init__(self):
        self.left = 4

    def rate_sheets(self, region):
        self.left -= region in {None, "DE", "EMEA"}
        if self.left == 0:
            raise ConnectionError("the price service is away")
        return super().rate_sheets(region)


class ChangesWhatItGave(Plain):
    def __init__(self):
        self.sheet, self.calls = RateSheet("acme", [rate()]), 0

    def sheets(self):
        self.calls += 1
        object.__setattr__(self.sheet, "rates", (evolve(self.sheet.rates[0], tokens=self.calls),))
        return [self.sheet]


class FloatTokens(Plain):
    def sheets(self):
        return [smuggled(tokens=7.5)]


class IntTokens(Plain):
    def sheets(self):
        return [smuggled(tokens=7)]


class TooManyPlaces(Plain):
    def sheets(self):
        return [smuggled(tokens=Decimal("0.1234567890123"))]


class NegativeTokens(Plain):
    def sheets(self):
        return [smuggled(tokens=Decimal(-1))]


class NoSource(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate(source=None)])]


class TextAsSource(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate(source="price list")])]


class BlankDocument(Plain):
    def sheets(self):
        source = evolve(SOURCE)
        object.__setattr__(source, "document", " ")
        return [RateSheet("acme", [rate(source=source)])]


class SourceAsOfAnInstant(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate(source=Source("acme", "price list", datetime(2025, 1, 1, tzinfo=UTC)))])]


class EverythingEverywhere(SoundRates):
    def rate_sheets(self, _region):
        return self.sheets()


class OwnRatesOnly(SoundRates):
    def rate_sheets(self, region):
        sheets = super().rate_sheets(region)
        return [RateSheet("own", [rate for sheet in sheets for rate in sheet.rates if region != "DE" or rate.region == "DE"])]


class NotAllForNone(SoundRates):
    def rate_sheets(self, region):
        return [sheet for sheet in super().rate_sheets(region) if region is not None or sheet.name == "acme 2025"]


class RefusesStrangers(SoundRates):
    def rate_sheets(self, region):
        if region not in {None, "DE", "EMEA"}:
            raise KeyError(region)
        return super().rate_sheets(region)


class Hidden(RateSheet):
    """Cannot be pickled, since pickle does not find its class."""


Hidden.__qualname__ = "Nowhere"


class CannotBePickled(Plain):
    def sheets(self):
        return [Hidden("acme", [rate()])]


class Forgetful(RateSheet):
    """Comes back from pickle without its rates."""

    def __reduce__(self):
        return RateSheet, (self.name, ())


class ComesBackEmpty(Plain):
    def sheets(self):
        return [Forgetful("acme", [rate()])]


class EndsBeforeItBegins(Plain):
    def sheets(self):
        return [smuggled(effective_until=datetime(2024, 1, 1, tzinfo=UTC))]


class HiddenBehindEverywhere(SoundRates):
    def rate_sheets(self, region):
        sheets = super().rate_sheets(region)
        for own in (rate for sheet in sheets for rate in sheet.rates if rate.region == "DE"):
            object.__setattr__(own, "effective_until", own.effective_from)
        return sheets


class NaiveInstant(Plain):
    def sheets(self):
        return [smuggled(effective_from=datetime(2025, 1, 1))]


class Wavering(RateSheet):
    """Belongs to another history at its third reading."""

    def __init__(self, name, rates):
        super().__init__(name, rates)
        object.__setattr__(self, "readings", 0)

    @property
    def history(self):
        object.__setattr__(self, "readings", self.readings + 1)
        return self.name if self.readings == 3 else "acme"


class WaveringHistory(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate()]), Wavering("other", [rate(9, date(2026, 1, 1))])]


class Gap(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate(effective_until=date(2025, 6, 1)), rate(9, date(2026, 1, 1))])]


class GapBehindALaterSheet(Plain):
    def sheets(self):
        short = rate(9, date(2025, 2, 1), effective_until=date(2025, 3, 1))
        return [RateSheet("acme 1", [rate(), rate(5, date(2026, 1, 1))]), RateSheet("acme 2", [short])]


class ContradictsItself(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate()]), RateSheet("other", [rate(9, source=Source("reseller", "price list"))])]


class SlowAtFirst(Plain):
    asked = False

    def sheets(self):
        if not self.asked:
            self.asked = True
            time.sleep(2.05)
        return super().sheets()


class SlowText(str):
    """Takes two milliseconds to be found in a dict."""

    __slots__ = ()

    def __hash__(self):
        time.sleep(0.002)
        return super().__hash__()


class SlowLookups(Plain):
    def sheets(self):
        return [RateSheet("acme", [rate(product=SlowText("widget"))])]


FOUND_BY = {
    BlankName: "contract",
    NameThatRaises: "contract",
    RegionsAreOneText: "contract",
    RegionsAreNoTexts: "contract",
    RegionsReadOnce: "contract",
    NoSheetsMethod: "contract",
    GivesRates: "contract",
    GivesNothing: "contract",
    NeverEnds: "contract",
    Exits: "contract",
    RaisesUnspeakably: "contract",
    UnknownRegion: "regions",
    GroupOfNoCountries: "regions",
    UnlistedRegion: "regions",
    NeverTheSame: "determinism",
    DependsOnTheOrder: "determinism",
    FailsTheSecondTime: "determinism",
    ChangesWhatItGave: "mutation",
    FloatTokens: "exactness",
    IntTokens: "exactness",
    TooManyPlaces: "exactness",
    NegativeTokens: "exactness",
    NoSource: "sources",
    TextAsSource: "sources",
    BlankDocument: "sources",
    SourceAsOfAnInstant: "sources",
    EverythingEverywhere: "fallback",
    OwnRatesOnly: "fallback",
    NotAllForNone: "fallback",
    RefusesStrangers: "fallback",
    CannotBePickled: "pickling",
    ComesBackEmpty: "pickling",
    EndsBeforeItBegins: "stability",
    HiddenBehindEverywhere: "stability",
    NaiveInstant: "stability",
    WaveringHistory: "stability",
    Gap: "gaps",
    GapBehindALaterSheet: "gaps",
    ContradictsItself: "overlaps",
    SlowAtFirst: "speed",
    SlowLookups: "speed",
}
