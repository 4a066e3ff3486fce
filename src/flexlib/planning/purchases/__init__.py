"""Which token packs to buy, and when."""
