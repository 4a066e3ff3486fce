"""What things are: instants, products, rates, packs, usage and seats as frozen values."""
