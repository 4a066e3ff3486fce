"""Charts of a ledger, and of plans, as SVG and PNG files; they need the extra ``plot``."""
