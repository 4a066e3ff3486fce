"""The plan of seats on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from rich.console import Console
from rich.text import Text

from flexlib.cli.console import section, table, titled
from flexlib.cli.plan_seats import BreakEvenLine, SeatPlan, UserLine
from flexlib.cli.planning import closing
from flexlib.model.amounts import counted, plain
from flexlib.planning.wording import money

DAILY = "daily"


def show_seats(plan: SeatPlan, to: Console) -> None:
    """Print a plan of seats: the answer first, then what it rests on."""
    to.print(Text(_answer(plan), style="bold"), soft_wrap=True)
    to.print(Text(_proof(plan)), soft_wrap=True)
    section(to, "To heed", plan.notes)
    _to_buy(plan, to)
    if plan.users:
        titled(to, "Users", table(["user", "gets", "tokens alone", "cost"], map(partial(_user, plan), plan.users), left=(0, 1)))
    section(to, "Why", [user.why for user in plan.users])
    use = [row for user in plan.users for row in _use(user)]
    if use:
        columns = ["user", "product", "days", "break-even", "use"]
        titled(to, "Days charged, beside the cheapest seat for the product", table(columns, use, left=(0, 1, 4)))
    lines = [_break_even(plan, line) for line in plan.break_evens]
    if lines:
        columns = ["seat", "price", "months", "tokens a day of", "tokens", "days", "a month"]
        titled(to, "Up to so many days in its term tokens cost no more than a seat", table(columns, lines, left=(0, 3)))
    closing(to, plan.set_aside)


def _answer(plan: SeatPlan) -> str:
    last = (plan.ends_on - timedelta(days=1)).isoformat()
    found = f"The use from {plan.starts_on.isoformat()} to {last} costs {money(plan.cost, plan.currency)}"
    split = f"{money(plan.seat_cost, plan.currency)} for seats, {money(plan.token_cost, plan.currency)} for tokens"
    if plan.tokens_only_cost is None or plan.saving is None:
        return f"{found}: {split}. Without seats the packs on offer do not reach."
    if not plan.saving:
        return f"{found}, all on tokens: no seat on offer costs less."
    alone = money(plan.tokens_only_cost, plan.currency)
    return f"{found}: {split}. All on tokens: {alone}. Saved: {money(plan.saving, plan.currency)}."


def _proof(plan: SeatPlan) -> str:
    if plan.proven:
        return "Proven optimal: no plan of this kind costs less."
    bound, gap = money(plan.lower_bound, plan.currency), money(plan.gap, plan.currency)
    return f"Not proven optimal: no plan of this kind costs less than {bound}, so at most {gap} more could be saved."


def _to_buy(plan: SeatPlan, to: Console) -> None:
    if plan.seats:
        everyone = "passed on each day" if plan.reassign == DAILY else ""
        rows = [
            (Text(line.offer), str(line.seats), money(line.price, plan.currency), Text(", ".join(line.users) or everyone))
            for line in plan.seats
        ]
        titled(to, "Seats to buy", table(["seat", "number", "price", "users"], rows, left=(0, 3)))
    if plan.packs:
        packs = [(Text(line.offer), str(line.count), money(line.price, plan.currency)) for line in plan.packs]
        titled(to, f"Packs to buy, for {counted(plan.tokens, 'token')}", table(["pack", "number", "price"], packs))
    elif plan.tokens:
        price = f" at {money(plan.token_price, plan.currency)} each" if plan.token_price is not None else ""
        to.print(Text(f"{counted(plan.tokens, 'token')}{price} stay."))
    if plan.outside_term:
        to.print(Text(f"{counted(plan.outside_term, 'charge')} outside of the term are not in the plan."))


def _user(plan: SeatPlan, user: UserLine) -> tuple[Text, Text, str, str]:
    alone = "-" if user.tokens_only_cost is None else money(user.tokens_only_cost, None)
    return Text(user.user), Text("\n".join(_gets(plan, user))), alone, money(user.cost, None)


def _use(user: UserLine) -> Iterator[tuple[Text, Text, str, str, str]]:
    for number, line in enumerate(user.use):
        band = f"{line.band or '-'}{', seasonal' if line.seasonal else ''}"
        days = "-" if line.break_even_days is None else str(line.break_even_days)
        yield Text("" if number else user.user), Text(line.product), str(line.days), days, band


def _gets(plan: SeatPlan, user: UserLine) -> Iterator[str]:
    """Yield the seats of a user, those of one offer in one line, and the tokens that stay."""
    several: dict[str, list[str]] = {}
    for seat in user.seats:
        several.setdefault(seat.offer, []).append(seat.starts_on.isoformat())
    for offer, starts in several.items():
        whole = len(starts) == 1 and starts[0] == plan.starts_on.isoformat()
        yield offer if whole else f"{offer} from {', '.join(starts)}"
    if user.tokens or not user.seats:
        yield counted(user.tokens, "token")


def _break_even(plan: SeatPlan, line: BreakEvenLine) -> tuple[Text, str, str, Text, str, str, str]:
    return (
        Text(line.offer),
        money(line.price, plan.currency),
        str(line.months),
        Text(" + ".join(line.products)),
        plain(line.tokens_a_day),
        "all" if line.days is None else str(line.days),
        "-" if line.days_a_month is None else plain(line.days_a_month),
    )
