"""FOCUS 1.2 out."""
