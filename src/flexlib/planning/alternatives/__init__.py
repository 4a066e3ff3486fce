"""The same usage under other facts."""
