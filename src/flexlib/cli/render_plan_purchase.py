"""The plan of pack purchases on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.console import Console
from rich.text import Text

from flexlib.cli.console import clock, section, table, titled
from flexlib.cli.plan_purchase import OptionLine, Order, PackLine, PurchaseAnswer
from flexlib.cli.planning import closing
from flexlib.cli.render_plan_forecast import share, whole
from flexlib.model.amounts import counted, plain
from flexlib.planning.wording import money


def show_purchase(made: PurchaseAnswer, zone: tzinfo, to: Console) -> None:
    """Print a plan of purchases: what to buy and when first, then why, the options and the chances."""
    for order in made.orders:
        to.print(Text(_order(order, made), style="bold"), soft_wrap=True)
    if not made.orders:
        to.print(Text(f"Buy nothing in bulk now; top up by {made.top_up} as needed.", style="bold"), soft_wrap=True)
    whose = f" of {made.team}" if made.team else ""
    to.print(Text(f"The pool{whose} holds {counted(made.balance, 'token')} at {clock(made.at, zone)}."))
    to.print(Text(f"{made.model}, {counted(made.paths, 'path')}, seed {made.seed}."))
    section(to, "To heed", made.notes)
    section(to, "Why", made.why)
    titled(
        to,
        f"Options, the best first: expected cost until {made.until}, tokens of top-ups, tokens that expire",
        table(*_options(made), left=(0,)),
    )
    if made.runs_out:
        rows = [(str(line.before), share(line.with_plan), share(line.in_hand_alone)) for line in made.runs_out]
        columns = ["before", "with the plan", "with what is in hand"]
        titled(to, "Chance that the tokens run out, without top-ups", table(columns, rows))
    closing(to, made.set_aside)


def _order(order: Order, made: PurchaseAnswer) -> str:
    when = f"Order on {order.on}, to arrive on {order.arrives}" if order.on != order.arrives else f"Order on {order.on}"
    what = f"{_packs(order.packs)}, {counted(order.tokens, 'token')} for {money(order.price, made.currency)}"
    return f"{when}: {what}. Expected cost until {made.until}, with top-ups: {money(made.expected_cost, made.currency)}."


def _packs(packs: Sequence[PackLine]) -> str:
    return ", ".join(f"{pack.count} × {pack.offer}" for pack in packs) or "top-ups alone"  # noqa: RUF001  # the sign is meant


def _options(made: PurchaseAnswer) -> tuple[list[str], list[list[Text]]]:
    unit = f", {made.currency}" if made.currency else ""
    columns = ["packs", f"price{unit}", f"cost{unit}", "top-ups", "expiring", "chance"]
    rows = [_option(option) for option in made.options]
    if made.lead_time_days:
        columns += ["days blocked", "chance"]
        rows = [[*row, *_blocked(option)] for row, option in zip(rows, made.options, strict=True)]
    return columns, [list(map(Text, row)) for row in rows]


def _option(option: OptionLine) -> list[str]:
    return [
        "\n".join(_packs([pack]) for pack in option.packs) or _packs([]),
        money(option.price, None),
        *whole([option.expected_cost, option.top_up_tokens, option.expiring_tokens]),
        share(option.expiring_probability),
    ]


def _blocked(option: OptionLine) -> list[str]:
    """Return what a lead time brings; a chance that exceeds what the service allows is marked."""
    return [plain(option.blocked_days), f"{share(option.blocked_probability)}{'' if option.reaches_service else ' !'}"]
