"""Who gets a seat: the cheapest mix of seats and tokens."""
