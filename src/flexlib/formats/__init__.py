"""flexlib's own files in: rate sheets, sessions and results, packs, seats and products."""
