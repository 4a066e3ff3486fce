"""What to buy: seats or tokens for each user, packs and when, and when the pool runs out."""

from flexlib.planning.offers import PackOffer, SeatOffer

__all__ = ["PackOffer", "SeatOffer"]
