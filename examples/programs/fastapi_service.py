"""A small web service around flexlib: usage in, charges and balances out.

It needs flexlib, fastapi and uvicorn:

    pip install flexlib fastapi uvicorn
    python fastapi_service.py --rates rates.toml --account account.toml --history service.history

Without arguments it serves the made-up studio of ../studio and keeps what it is told until it stops. http://127.0.0.1:8000/docs
describes what it answers:

    POST /usage             sessions and results in; which charges they added or withdrew, and the balance
    GET  /balance           the pool at an instant, also per pack
    GET  /spend             who spent what: sums by user, product, team, day, month and so on
    GET  /charges/{id}      why that was charged, and which packs paid for it

Instants are ISO 8601 with a zone, amounts decimal digits in text. Run one process of it: requests share what is known within a process.
"""

import argparse
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from threading import Lock
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from flexlib import (
    EVERY_TEAM,
    Catalog,
    Charge,
    FlexError,
    HistoryError,
    Ledger,
    NaiveDatetimeError,
    RateBook,
    ResultUse,
    Session,
    UnknownRecordError,
    charge_usage,
    read_rate_sheet,
    settle,
)
from flexlib.formats.accounts import read_account
from flexlib.history import History
from flexlib.model.amounts import plain
from flexlib.reports import summarize

STUDIO = Path(__file__).parents[1] / "studio"


def as_instant(value: object) -> datetime:
    """Return an instant out of ISO 8601 text; Pydantic's own reading would take a bare number for seconds, or for milliseconds."""
    try:
        instant = datetime.fromisoformat(str(value))
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: in UTC it lies before the year 1, or after 9999
        raise ValueError(f"{value!r} is no instant: give ISO 8601 text such as 2026-03-02T08:00:00Z") from None
    raise NaiveDatetimeError(instant)


def as_amount(value: object) -> Decimal:
    """Return an exact amount out of a whole number or text; a number with a fraction in JSON was a float on its way here."""
    try:
        return Decimal(value if isinstance(value, int | str | Decimal) and not isinstance(value, bool) else "none")
    except InvalidOperation:
        raise ValueError(f'{value!r} is no exact amount: give a whole number, or text such as "0.5"') from None


def as_zone(value: object) -> ZoneInfo:
    """Return the time zone of an IANA name."""
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a part of a name, such as Europe, is a folder
        raise ValueError(f"{value!r} is no time zone: give a name such as Europe/London") from None


Instant = Annotated[datetime, BeforeValidator(as_instant)]
Amount = Annotated[Decimal, BeforeValidator(as_amount)]
Zone = Annotated[ZoneInfo, BeforeValidator(as_zone)]


class Given(BaseModel):
    """What a client tells; a field that is not known is refused, since it may be one that is misspelt."""

    model_config = ConfigDict(extra="forbid")


class GivenSession(Given):
    """A session as a client gives it."""

    user: str
    product: str
    opened_at: Instant
    closed_at: Instant | None = None
    idle: list[tuple[Instant, Instant]] = []
    team: str | None = None
    machine: str | None = None
    version: str | None = None

    def value(self) -> Session:
        """Return flexlib's value of it."""
        return Session(**dict(self))  # the fields are called alike

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        self.value()  # flexlib checks it, and its errors are ValueErrors: Pydantic adds which session it was
        return self


class GivenResult(Given):
    """A result as a client gives it."""

    user: str
    product: str
    at: Instant
    quantity: Amount = Decimal(1)
    team: str | None = None
    id: str | None = None

    def value(self) -> ResultUse:
        """Return flexlib's value of it."""
        return ResultUse(**dict(self))

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        self.value()
        return self


class GivenUsage(Given):
    """What a client tells."""

    sessions: list[GivenSession] = []
    results: list[GivenResult] = []

    def values(self) -> list[Session | ResultUse]:
        """Return flexlib's values of it."""
        return [use.value() for uses in (self.sessions, self.results) for use in uses]


class ChargeMade(BaseModel):
    """A charge."""

    id: str
    user: str
    product: str
    team: str | None
    at: datetime
    tokens: str

    @classmethod
    def of(cls, charge: Charge) -> Self:
        """Return what is told of a charge."""
        return cls(
            id=charge.id, user=charge.user, product=charge.product, team=charge.team, at=charge.at, tokens=plain(charge.tokens)
        )


class Balance(BaseModel):
    """The pool at an instant."""

    at: datetime
    tokens: str
    packs: dict[str, str]
    shortfall: str = Field(description="The tokens that charges up to the instant lacked.")

    @classmethod
    def of(cls, ledger: Ledger, at: datetime, team: str | None = None) -> Self:
        """Return what is told of a ledger: of a team's pool, or of all together."""
        pool = EVERY_TEAM if team is None else team
        return cls(
            at=at,
            tokens=plain(ledger.balance(at, team=pool)),
            packs={pack: plain(tokens) for pack, tokens in ledger.balances(at, team=pool).items()},
            shortfall=plain(ledger.shortfall(at, team=pool)),
        )


class Charged(BaseModel):
    """What usage changed."""

    added: list[ChargeMade]
    withdrawn: list[ChargeMade] = Field(description="Charges that are no more, as earlier use came in late and moved the windows.")
    balance: Balance


class Reasons(BaseModel):
    """Why something was charged."""

    lines: list[str]
    rules: list[str]


@dataclass(frozen=True)
class Books:
    """What is known at one time. It never changes, so a request that holds it reads one consistent state, without a lock."""

    usage: tuple[Session | ResultUse, ...]
    ledger: Ledger


class Service:
    """The rates, the account and the books. The lock is for whoever replaces the books: FastAPI runs requests in several threads."""

    def __init__(self, rates: Path, account: Path, history: Path | None, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._rates = RateBook([read_rate_sheet(rates)])
        self._account = read_account(account)
        self._catalog = Catalog(self._account.products) if self._account.products else None
        self._history = History(history) if history else None
        self._lock = Lock()
        self._books = self._settled(self._history.known().usage if self._history else ())

    @property
    def ledger(self) -> Ledger:
        """The ledger as it is now."""
        return self._books.ledger

    def add(self, usage: Iterable[Session | ResultUse]) -> tuple[Ledger, Ledger]:
        """Take in usage as a whole or, where it raises, not at all; return the ledgers before and after. What is known counts once."""
        new = list(usage)
        with self._lock:
            before = self._books
            after = self._settled(tuple(dict.fromkeys((*before.usage, *new))))
            if self._history:
                self._history.add(new, source="POST /usage")
            self._books = after
        return before.ledger, after.ledger

    def close(self) -> None:
        """Close the history."""
        if self._history:
            self._history.close()

    def _settled(self, usage: tuple[Session | ResultUse, ...]) -> Books:
        account = self._account
        charges = charge_usage(usage, self._rates, seats=account.seats, catalog=self._catalog)
        return Books(usage, settle(charges, account.packs, refunds=account.refunds, transfers=account.transfers))


def the_service(request: Request) -> Service:
    """Return the service of the application that a request came to."""
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(the_service)]
router = APIRouter()


@router.post("/usage")
def add_usage(given: GivenUsage, service: Served, at: Instant | None = None) -> Charged:
    """Take in sessions and results; the balance is that at an instant, now if not given."""
    before, after = service.add(given.values())
    old, new = set(before.charges), set(after.charges)
    return Charged(
        added=[ChargeMade.of(charge) for charge in after.charges if charge not in old],
        withdrawn=[ChargeMade.of(charge) for charge in before.charges if charge not in new],
        balance=Balance.of(after, at or service.clock()),
    )


@router.get("/balance")
def read_balance(service: Served, at: Instant | None = None, team: str | None = None) -> Balance:
    """Return the pool at an instant, now if not given: a team's, or all together."""
    return Balance.of(service.ledger, at or service.clock(), team)


@router.get("/spend")
def read_spend(
    service: Served,
    by: Annotated[list[str], Query()] = ["user", "product"],  # noqa: B006  # FastAPI copies it
    since: Instant | None = None,
    until: Instant | None = None,
    zone: Zone = ZoneInfo("UTC"),  # noqa: B008  # it is a constant
) -> Response:
    """Return who spent what, from an instant on and before another."""
    charges = [
        charge
        for charge in service.ledger.charges
        if (since is None or since <= charge.at) and (until is None or charge.at < until)
    ]
    return Response(summarize(charges, by, zone=zone).to_json(), media_type="application/json")


@router.get("/charges/{charge_id}")
def explain_charge(charge_id: str, service: Served) -> Reasons:
    """Return why something was charged."""
    reasons = service.ledger.explain(charge_id)
    return Reasons(lines=list(reasons.lines), rules=list(reasons.rules))


def refusal(status: int, *problems: dict[str, object]) -> JSONResponse:
    """Return an answer that says what was wrong, in one shape whatever it was."""
    return JSONResponse({"detail": problems}, status)


def on_bad_request(_: Request, error: Exception) -> JSONResponse:
    """Say where a request is wrong, in flexlib's words where flexlib found it."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems: list[dict[str, object]] = []
    for problem in error.errors():
        cause = problem.get("ctx", {}).get("error")
        message, kind = (str(cause), type(cause).__name__) if cause else (problem["msg"], problem["type"])
        problems.append({"loc": problem["loc"], "msg": message, "type": kind})
    return refusal(422, *problems)


def on_flex_error(_: Request, error: Exception) -> JSONResponse:
    """Say what flexlib refused: usage that cannot be charged, or a question that has no answer."""
    status = 404 if isinstance(error, UnknownRecordError) else 503 if isinstance(error, HistoryError) else 422
    field = getattr(error, "field", None)
    return refusal(status, {"loc": [field] if field else [], "msg": str(error), "type": type(error).__name__})


def create_app(
    rates: Path = STUDIO / "rates.toml",
    account: Path = STUDIO / "account.toml",
    history: Path | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Return the application; it reads its files here, once, and does not start where one is wrong."""
    service = Service(rates, account, history, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(title="Flex tokens", lifespan=lifespan)
    app.state.service = service
    app.include_router(router)
    app.add_exception_handler(RequestValidationError, on_bad_request)
    app.add_exception_handler(FlexError, on_flex_error)
    return app


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description="Charges Autodesk Flex usage and answers from the pool, over HTTP.")
    parser.add_argument("--rates", type=Path, default=STUDIO / "rates.toml", help="the rate sheet")
    parser.add_argument("--account", type=Path, default=STUDIO / "account.toml", help="the packs, seats and products")
    parser.add_argument("--history", type=Path, help="the file that keeps what the service is told; made where there is none")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args(argv)
    uvicorn.run(create_app(given.rates, given.account, given.history), host=given.host, port=given.port)


if __name__ == "__main__":
    main()
