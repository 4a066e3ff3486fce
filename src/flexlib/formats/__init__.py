"""Files in: the vendor's exports, and flexlib's own rate sheets, sessions and results, packs, seats, products and offers."""

from flexlib.formats.exports.merging import MergedExports, Origin, ReportedChange, merge_exports, read_exports
from flexlib.formats.exports.reading import Export, ExportKind, read_export
from flexlib.formats.focus.columns import FOCUS_COLUMNS, FocusRow, costs_by_tag
from flexlib.formats.focus.writing import FocusFile, focus_rows, write_focus
from flexlib.formats.offers import OfferFile, merge_offers, read_offers
from flexlib.formats.people import PeopleFile, read_people, write_bulk_import
from flexlib.formats.tags import read_tags

__all__ = [
    "FOCUS_COLUMNS",
    "Export",
    "ExportKind",
    "FocusFile",
    "FocusRow",
    "MergedExports",
    "OfferFile",
    "Origin",
    "PeopleFile",
    "ReportedChange",
    "costs_by_tag",
    "focus_rows",
    "merge_exports",
    "merge_offers",
    "read_export",
    "read_exports",
    "read_offers",
    "read_people",
    "read_tags",
    "write_bulk_import",
    "write_focus",
]
