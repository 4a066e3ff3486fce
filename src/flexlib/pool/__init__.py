"""Charges and packs into balances: drawing, the ledger, simulation and alerts."""
