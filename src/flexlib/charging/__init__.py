"""Usage and rates into charges: policy, windows, charges, their accounts, and the meter."""
