"""The answer of a what-if on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from flexlib.cli.console import clock, section, table, titled
from flexlib.cli.plan_what_if import ProductLine, UserLine, WhatIfAnswer
from flexlib.cli.planning import closing, less
from flexlib.model.amounts import counted, plain, total
from flexlib.planning.wording import money

_FIGURES = {
    "tokens": "tokens charged",
    "drawn": "drawn from packs",
    "expired": "expired unused",
    "shortfall": "lacking in the pool",
    "balance": "left in the pool",
    "seats_cost": "cost of the seats bought",
    "money": "worth of tokens, and seats",
    "paid": "paid for packs and seats",
}
_MONEY = {"seats_cost", "money", "paid"}


def show_what_if(answer: WhatIfAnswer, zone: tzinfo, to: Console) -> None:
    """Print the answer of a what-if: the difference first, then what it is made of."""
    to.print(Text("If: " + "; then ".join(answer.changes), style="bold"), soft_wrap=True)
    to.print(Text(_difference(answer)), soft_wrap=True)
    section(to, "To heed", answer.notes)
    titled(
        to,
        f"The use, and the pool at {clock(answer.at, zone)}",
        table(["", "as it is", "as it would be", "difference"], _figures(answer)),
    )
    _ranked(to, "Users", "user", [(line.user, line) for line in answer.users], answer)
    _ranked(to, "Products", "product", [(line.product, line) for line in answer.products], answer)
    if answer.seats:
        rows = [
            (
                Text(seat.user),
                Text(", ".join(seat.products)),
                str(seat.starts_at.astimezone(zone).date()),
                "-" if seat.ends_at is None else str(seat.ends_at.astimezone(zone).date()),
                money(seat.cost, answer.currency),
            )
            for seat in answer.seats
        ]
        cost = money(total(seat.cost for seat in answer.seats), answer.currency)
        titled(to, f"Seats bought, for {cost}", table(["user", "products", "from", "until", "cost"], rows, left=(0, 1)))
    closing(to, answer.set_aside)


def _difference(answer: WhatIfAnswer) -> str:
    tokens = f"{_signed(answer.tokens)} tokens: {plain(answer.after.tokens)} in place of {plain(answer.before.tokens)}"
    return f"{tokens}." if answer.money is None else f"{tokens}; {_signed(answer.money)}{_unit(answer)}, with the seats bought."


def _unit(answer: WhatIfAnswer) -> str:
    return f" {answer.currency}" if answer.currency else ""


def _signed(amount: Decimal) -> str:
    """Return a difference with its sign, thousands apart; of money, cents only where there are any."""
    return f"{'+' if amount > 0 else ''}{money(amount, None)}"


def _figures(answer: WhatIfAnswer) -> Iterable[tuple[Text, str, str, str]]:
    for name, title in _FIGURES.items():
        before, after = getattr(answer.before, name), getattr(answer.after, name)
        if before is None or after is None or (name == "seats_cost" and not answer.seats):
            continue
        unit = f" ({answer.currency})" if answer.currency and name in _MONEY else ""
        shown = (money(before, None), money(after, None)) if name in _MONEY else (plain(before), plain(after))
        yield (Text(title + unit), *shown, _signed(less(after, before)))


def _ranked(to: Console, title: str, what: str, lines: list[tuple[str, UserLine | ProductLine]], answer: WhatIfAnswer) -> None:
    """Print those that differ, the largest difference first, and how many do not."""
    differing = [(name, line) for name, line in lines if line.tokens or line.money]
    same = len(lines) - len(differing)
    if differing:
        priced = [f"money{_unit(answer)}"] if answer.money is not None else []
        rows = [[Text(name), *map(Text, _compared(line))] for name, line in differing]
        titled(to, title, table([what, "tokens", "would be", "difference", *priced], rows))
    if same:
        to.print(Text(f"No difference for {counted(same, what)}."))


def _compared(line: UserLine | ProductLine) -> list[str]:
    figures = [plain(line.before), plain(line.after), _signed(line.tokens)]
    return figures if line.money is None else [*figures, _signed(line.money)]
