"""The ``flexlib`` command."""
