"""A rate provider that fetches its sheet and keeps it in a file.

Nothing is fetched from here: the fetching is a function that is passed in. So is the clock, which lets tests set the time.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from flexlib import FormatError, RateSheet
from flexlib_rates_example import reader

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FetchedRates:
    """A provider of one rate sheet that is fetched once it is older than a limit, and served out of a cache until then.

    Where the fetching fails, the sheet that was kept is served, whatever its age, and the log says so. Where none was kept, the error
    reaches flexlib, which reports the provider.

    Attributes:
        name: The provider's name.
        fetch: Returns the rate sheet as TOML, or raises `OSError`. It gives up by itself in less than the ten seconds that flexlib
            waits: after those, flexlib goes on without this provider, and so without the sheet that was kept.
        folder: The cache folder. It is made if it is missing.
        max_age: How old the kept sheet may be before another is fetched.
        now: Returns the time, such as ``lambda: datetime.now(UTC)``.
        regions: The regions for which the sheet has rates of their own.
        region_groups: The countries of those that are groups.
    """

    name: str
    fetch: Callable[[], bytes]
    folder: Path
    max_age: timedelta
    now: Callable[[], datetime]
    regions: Sequence[str] = ()
    region_groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """Where the sheet is kept; its time of modification is the time at which it was fetched."""
        return self.folder / f"{self.name}.toml"

    def rate_sheets(self, region: str | None) -> Iterable[RateSheet]:
        """Return the rates that hold in a region; None asks for all."""
        return [self._sheet().for_region(region, self.region_groups)]

    def _sheet(self) -> RateSheet:
        kept, fetched_at = self._kept()
        if kept and timedelta(0) <= self.now() - fetched_at < self.max_age:
            return kept
        try:
            return self._fetched()
        except (OSError, FormatError) as error:
            if not kept:
                raise
            _log.warning("the rates of %s are those fetched at %s: %s", self.name, fetched_at.isoformat(), error)
            return kept

    def _kept(self) -> tuple[RateSheet | None, datetime]:
        """Return the sheet that was kept, None where there is none that can be read, and when it was fetched."""
        with suppress(OSError, FormatError):
            return reader().read_rate_sheet(self.file), datetime.fromtimestamp(self.file.stat().st_mtime, UTC)
        return None, datetime.min.replace(tzinfo=UTC)

    def _fetched(self) -> RateSheet:
        """Fetch the sheet and keep it; a reader of the file sees the old one or the new one, never a part."""
        content, time = self.fetch(), self.now().timestamp()
        self.folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self.folder, suffix=".toml", delete=False) as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        path = Path(new.name)
        try:
            sheet = reader().read_rate_sheet(path)
            os.utime(path, (time, time))
            path.replace(self.file)
        finally:
            path.unlink(missing_ok=True)
        return sheet
