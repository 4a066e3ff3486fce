"""An embedded, append-only store of facts, for those who must keep what the vendor deletes."""

from flexlib.history.facts import Fact
from flexlib.history.schema import is_history
from flexlib.history.store import History
from flexlib.history.values import Added, Change, ExportedRows, Import, KnownFacts, Origin

__all__ = ["Added", "Change", "ExportedRows", "Fact", "History", "Import", "KnownFacts", "Origin", "is_history"]
