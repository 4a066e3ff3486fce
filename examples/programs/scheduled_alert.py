"""Tells each new alert of the pool once: a program for cron, a systemd timer or the Task Scheduler.

It needs flexlib alone. It reads the vendor's daily usage exports in a folder, or those that a history file holds, and the account file
with the packs; asks flexlib for the alerts that stand now; and tells those that it has not told before, on its output and, with --webhook, to a URL:

    python scheduled_alert.py EXPORTS ACCOUNT --state told.json [--webhook URL] [--stale-after DAYS] [--at INSTANT]

The state file holds what was told. An alert that has gone is forgotten, so that it is told again when it comes back. The exit code is 0
where all went well, be there alerts or none, and 1 where something was amiss: it is named on the error output.
"""

import argparse
import http.client
import json
import os
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path

from flexlib import STANDARD_RULES, Alert, AlertRule, FlexError, FormatError, Ledger, NaiveDatetimeError, settle
from flexlib.formats import Export, ExportKind, merge_exports, read_export
from flexlib.formats.accounts import read_account
from flexlib.history import History, KnownFacts, is_history

DAILY = {ExportKind.USAGE, ExportKind.TOKEN_USAGE, ExportKind.INSIGHTS}
EXPORTS = {".csv", ".json", ".xlsx"}
TIMEOUT = 30  # seconds


@dataclass(frozen=True)
class StaleFacts:
    """A rule of our own: nothing was charged for a while, so perhaps no one fetches the exports any more."""

    after: timedelta

    def check(self, ledger: Ledger, at: datetime) -> Iterator[Alert]:
        """Yield the alert where the newest charge is older than that."""
        newest = max((charge.at for charge in ledger.charges if charge.at <= at), default=None)
        if newest is None or newest < at - self.after:
            known = f"since {newest:%Y-%m-%d}" if newest else "so far"
            yield Alert("stale", "the exports", at, f"the exports tell of no charge {known}", Decimal(0))


def read_facts(path: Path) -> tuple[KnownFacts, list[FormatError]]:
    """Return what a history file or a folder of exports holds, and the rows that were set aside."""
    if is_history(path):
        with History(path, readonly=True) as history:
            known = history.known()
        if known.usage and not known.reported:
            raise FormatError(
                str(path), None, None, "it holds sessions and no rows of the vendor's: charge them with charge_usage first"
            )
        return known, []
    if not path.is_dir():
        raise FormatError(str(path), None, None, "it is neither a history file nor a folder of exports")
    exports = [read_export(file) for file in sorted(path.iterdir()) if file.suffix.lower() in EXPORTS]
    if not exports:
        raise FormatError(str(path), None, None, "there is no export in this folder")
    undated = [
        FormatError(export.file, None, None, f"it is of the kind {export.kind}, which tells no days: export the daily usage")
        for export in exports
        if export.kind not in DAILY
    ]
    merged = merge_exports(sorted(exports, key=last_day))  # where two differ, the later one holds
    return KnownFacts(reported=tuple(merged.reported)), [*merged.problems, *undated]


def last_day(export: Export) -> date:
    """Return the last day that an export tells of."""
    return max((row.day for row in export.reported), default=date.min)


def standing_alerts(ledger: Ledger, at: datetime, rules: Iterable[AlertRule]) -> dict[str, Alert]:
    """Return the alerts that stand at an instant, by what tells one from another: the rule's number, the kind and the subject."""
    numbered = [(number, alert) for number, rule in enumerate(rules) for alert in rule.check(ledger, at)]
    return {f"{number} {alert.kind} {alert.subject}": alert for number, alert in numbered}


def read_told(state: Path) -> set[str]:
    """Return the keys of the alerts that were told, none where there is no state file yet."""
    try:
        text = state.read_text(encoding="utf-8")
    except FileNotFoundError:
        return set()
    try:
        told = json.loads(text)["told"]
    except (ValueError, LookupError, TypeError) as error:
        raise FormatError(str(state), None, None, "it is no state file: delete it to have every alert told again") from error
    return {str(key) for key in told}


def write_told(state: Path, told: Iterable[str]) -> None:
    """Replace the state file as a whole: whoever reads it, also after a crash, finds the old one or the new one."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=state.parent, prefix=f".{state.name}.", delete=False) as file:
        try:
            json.dump({"told": sorted(told)}, file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
            file.close()  # Windows does not replace a file by an open one
            Path(file.name).replace(state)
        except BaseException:
            file.close()
            Path(file.name).unlink(missing_ok=True)
            raise


class _RefuseRedirects(urllib.request.HTTPRedirectHandler):
    """urllib follows a redirected POST with a GET: the alerts would be lost, and the answer would be "200 OK"."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


def post(url: str, alerts: Sequence[Alert]) -> None:
    """Send alerts as JSON to a webhook; `text` is what chat services show."""
    message = {
        "text": "\n".join(alert.message for alert in alerts),
        "alerts": [
            {"kind": alert.kind, "subject": alert.subject, "at": alert.at.isoformat(), "message": alert.message} for alert in alerts
        ],
    }
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(message).encode(), headers)  # noqa: S310  # web_address lets no other scheme pass
    with urllib.request.build_opener(_RefuseRedirects).open(request, timeout=TIMEOUT):
        pass  # an answer of 300 or more raises


def tell(facts: Path, account: Path, state: Path, at: datetime, rules: Sequence[AlertRule], webhook: str | None) -> list[str]:
    """Tell the new alerts, remember them, and return what was amiss with the facts."""
    told = read_told(state)
    known, problems = read_facts(facts)
    own = read_account(account)
    ledger = settle(
        known.reported,
        [*known.packs, *own.packs],
        refunds=[*known.refunds, *own.refunds],
        transfers=[*known.transfers, *own.transfers],
    )
    standing = standing_alerts(ledger, at, rules)
    new = [alert for key, alert in standing.items() if key not in told]
    for alert in new:
        print(f"{alert.kind}: {alert.message}", flush=True)
    if new and webhook:
        post(webhook, new)
    if standing.keys() != told:
        write_told(state, standing)  # only now: what could not be sent is told again on the next run
    return [str(problem) for problem in problems]


def instant(text: str) -> datetime:
    """Return an instant out of ISO 8601 text with a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(str(NaiveDatetimeError(at)))
    return at


def days(text: str) -> timedelta:
    """Return a span of one or more whole days."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of one or more")
    return timedelta(days=int(text))


def web_address(text: str) -> str:
    """Return a web address; urllib would open files, too."""
    try:
        parts = urllib.parse.urlsplit(text)
        sound = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is none
        sound = False
    if not sound:
        raise argparse.ArgumentTypeError(f"{text!r} is no web address such as https://chat.firm.example/hooks/1")
    return text


def arguments() -> argparse.ArgumentParser:
    """Return the reader of the command line."""
    parser = argparse.ArgumentParser(description="Tells each new alert of a pool of Autodesk Flex tokens once.")
    parser.add_argument("facts", type=Path, help="a folder of the vendor's daily usage exports, or a history file")
    parser.add_argument("account", type=Path, help="the account file with the packs")
    parser.add_argument(
        "--state", type=Path, required=True, help="the file that remembers what was told; it is made where there is none"
    )
    parser.add_argument("--webhook", type=web_address, metavar="URL", help="also POST new alerts there, as JSON")
    parser.add_argument("--stale-after", type=days, metavar="DAYS", help="also tell where nothing was charged for so many days")
    parser.add_argument(
        "--at", type=instant, metavar="INSTANT", help="the instant to look at, such as 2026-11-01T00:00Z; now if not given"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = arguments().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a scheduler's stream may lack a letter of a name, and the alert matters more
            stream.reconfigure(errors="backslashreplace")
    rules = list(STANDARD_RULES)
    if given.stale_after is not None:
        rules.append(StaleFacts(given.stale_after))
    try:
        amiss = tell(given.facts, given.account, given.state, given.at or datetime.now(UTC), rules, given.webhook)
    except (FlexError, OSError, http.client.HTTPException) as error:  # urllib's errors are OSErrors
        amiss = [str(error)]
    for problem in amiss:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
