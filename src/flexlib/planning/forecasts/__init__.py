"""The burn of the days to come, and what becomes of the pool."""
