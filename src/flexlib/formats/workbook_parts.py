"""The parts of an XLSX workbook, looked through before any of it is read: how much they unpack to, and of how much XML."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from flexlib.errors import FormatError
from flexlib.formats import limits
from flexlib.formats.limits import shown

_ENTRY = b"PK\x01\x02"  # before each entry of a ZIP file's directory, whose length the file may state as it likes
_PIECE_BYTES = 1 << 16
_ROWS = {"row", "si"}  # a row of a sheet, a shared text


def require_small_parts(file: str, data: bytes) -> None:
    """Raise `FormatError` where a workbook has too many or too large parts, or one with a document type, as entity bombs have."""
    if data.count(_ENTRY) > limits.MOST_PARTS:
        raise limits.too_much(file, f"{limits.MOST_PARTS:,} parts", "save it anew with a spreadsheet program")
    with ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > limits.MOST_UNPACKED_BYTES:
            raise limits.too_much(file, f"{limits.MOST_UNPACKED_BYTES:,} bytes once unpacked", "save the table as CSV")
        scan = _Scan(file)
        for part in parts:
            scan.look_through(archive, part)


_PAGE = {f"{page}{place}" for page in ("odd", "even", "first") for place in ("Header", "Footer")}
_RESERVED = "_xlnm."  # before the names of print areas and titles


class _Scan:
    """Counts the elements of parts."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._elements = 0
        self._row_began = 0
        self._sheets: set[str] = set()
        self._parser = expat.ParserCreate()
        self._setting: int | None = None

    def look_through(self, archive: ZipFile, part: ZipInfo) -> None:
        """Go through a part, up to where it is no XML, which is as far as the reader comes."""
        parser = self._parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._count
        self._row_began, self._sheets = self._elements, set()
        taken = 0
        with archive.open(part) as stream:
            while piece := stream.read(_PIECE_BYTES):
                try:
                    parser.Parse(piece, False)
                except expat.ExpatError:
                    return
                self._require_few()
                taken += len(piece)
                if taken - parser.CurrentByteIndex > limits.LONGEST_TAG_BYTES:
                    raise limits.too_much(self._file, f"{limits.LONGEST_TAG_BYTES:,} bytes in one tag", "save the table as CSV")

    def _count(self, name: str, attributes: dict[str, str]) -> None:
        """Count an element. This runs for each cell, and so does little."""
        self._elements += 1
        if self._setting is not None:
            self._setting = self._parser.CharacterDataHandler = None
        if ":" in name:
            name = name.rpartition(":")[2]
        if name in _ROWS:
            self._row_began = self._elements
        elif name == "sheet":
            self._refuse_again(next((value for key, value in attributes.items() if key.endswith(":id")), ""))
        elif name == "Relationship" and attributes.get("TargetMode") != "External":
            self._refuse_again(PurePosixPath(attributes.get("Target", "")).name)
        elif name == "numFmt":
            self._require_short(len(attributes.get("formatCode", "")))
        elif name in _PAGE or (name == "definedName" and attributes.get("name", "").startswith(_RESERVED)):
            self._setting, self._parser.CharacterDataHandler = 0, self._add_text

    def _add_text(self, text: str) -> None:
        self._setting = (self._setting or 0) + len(text)
        self._require_short(self._setting)

    def _require_short(self, characters: int) -> None:
        if characters > limits.LONGEST_PAGE_SETTING:
            what = f"{limits.LONGEST_PAGE_SETTING:,} characters in a number format, a print area or a page header"
            raise limits.too_much(self._file, what, "save the table as CSV")

    def _require_few(self) -> None:
        if self._elements > limits.MOST_ELEMENTS:
            raise limits.too_much(self._file, f"{limits.MOST_ELEMENTS:,} rows, cells and other elements", "save the table as CSV")
        if self._elements - self._row_began > limits.MOST_ROW_ELEMENTS:
            raise limits.too_much(self._file, f"{limits.MOST_ROW_ELEMENTS:,} elements in one row", "save the table as CSV")

    def _refuse_again(self, sheet: str) -> None:
        """Refuse one part as several sheets, each of which would be read anew."""
        if sheet and sheet in self._sheets:
            raise FormatError(
                self._file, None, None, f"two of its sheets are one, {shown(sheet)}: save it anew with a spreadsheet program"
            )
        self._sheets.add(sheet)

    def _refuse_doctype(self, *_: object) -> None:
        raise FormatError(self._file, None, None, "its XML declares a document type, as no workbook does: save the table as CSV")
