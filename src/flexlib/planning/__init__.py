"""What to buy: seats or tokens for each user, packs and when; forecasts of the pool; other facts tried out."""

from flexlib.planning.alternatives.asking import what_if
from flexlib.planning.alternatives.changes import (
    Change,
    MovedToSeats,
    NoneLeftOpen,
    OtherPacks,
    OtherRates,
    WithoutMachine,
)
from flexlib.planning.alternatives.facts import BoughtSeat, Facts
from flexlib.planning.alternatives.values import ProductDifference, UsageOutcome, UserDifference, WhatIf
from flexlib.planning.breaking_even import (
    BreakEven,
    BreakEvenPoint,
    Cheaper,
    OfferBreakEven,
    break_even,
    break_evens,
)
from flexlib.planning.forecasts.forecasting import backtest_forecast, burn_paths, forecast
from flexlib.planning.forecasts.values import Backtest, BurnModel, DayForecast, Estimate, Forecast, PackForecast, RunOut
from flexlib.planning.offers import PackOffer, SeatOffer
from flexlib.planning.profiles import MonthOfUse, UseBand, UseProfile, use_profiles
from flexlib.planning.purchases.purchasing import plan_purchase
from flexlib.planning.purchases.values import LeftToExpire, PackCount, PlannedPurchase, PurchaseOption, PurchasePlan
from flexlib.planning.seats.mix import seat_mix
from flexlib.planning.seats.values import BoughtPacks, PlannedSeat, Reassign, SeatMix, UserPlan
from flexlib.planning.switching.advice import SwitchAdvice, switch_rule
from flexlib.planning.switching.backtest import HindsightCost, RuleResult, UserResult, backtest_rules, hindsight_costs
from flexlib.planning.switching.baselines import DaysAMonthRule, SeatAtOnceRule, TokensOnlyRule
from flexlib.planning.switching.rules import (
    BreakEvenRule,
    ForecastRule,
    Measure,
    Progress,
    RandomisedRule,
    SwitchRule,
    ThresholdRule,
    UseSoFar,
)

__all__ = [
    "Backtest",
    "BoughtPacks",
    "BoughtSeat",
    "BreakEven",
    "BreakEvenPoint",
    "BreakEvenRule",
    "BurnModel",
    "Change",
    "Cheaper",
    "DayForecast",
    "DaysAMonthRule",
    "Estimate",
    "Facts",
    "Forecast",
    "ForecastRule",
    "HindsightCost",
    "LeftToExpire",
    "Measure",
    "MonthOfUse",
    "MovedToSeats",
    "NoneLeftOpen",
    "OfferBreakEven",
    "OtherPacks",
    "OtherRates",
    "PackCount",
    "PackForecast",
    "PackOffer",
    "PlannedPurchase",
    "PlannedSeat",
    "ProductDifference",
    "Progress",
    "PurchaseOption",
    "PurchasePlan",
    "RandomisedRule",
    "Reassign",
    "RuleResult",
    "RunOut",
    "SeatAtOnceRule",
    "SeatMix",
    "SeatOffer",
    "SwitchAdvice",
    "SwitchRule",
    "ThresholdRule",
    "TokensOnlyRule",
    "UsageOutcome",
    "UseBand",
    "UseProfile",
    "UseSoFar",
    "UserDifference",
    "UserPlan",
    "UserResult",
    "WhatIf",
    "WithoutMachine",
    "backtest_forecast",
    "backtest_rules",
    "break_even",
    "break_evens",
    "burn_paths",
    "forecast",
    "hindsight_costs",
    "plan_purchase",
    "seat_mix",
    "switch_rule",
    "use_profiles",
    "what_if",
]
