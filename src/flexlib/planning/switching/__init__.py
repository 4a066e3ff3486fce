"""When a user should move to a seat, without knowing the future."""
