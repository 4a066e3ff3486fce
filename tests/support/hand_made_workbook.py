"""XLSX workbooks written part by part, to hold what no spreadsheet program would write."""

import io
import zipfile
from collections.abc import Mapping

_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>
<Override PartName="/xl/externalLinks/externalLink1.xml" ContentType="{_KIND}.externalLink+xml"/>
</Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>
</Relationships>""",
    "xl/workbook.xml": f"""<workbook xmlns="{_SHEET}" xmlns:r="{_DOCUMENT}">
<sheets><sheet name="Usage" sheetId="1" r:id="rId1"/></sheets>
<externalReferences><externalReference r:id="rId2"/></externalReferences>
</workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{_DOCUMENT}/externalLink" Target="externalLinks/externalLink1.xml"/>
</Relationships>""",
    "xl/externalLinks/externalLink1.xml": f"""<externalLink xmlns="{_SHEET}" xmlns:r="{_DOCUMENT}">
<ddeLink ddeService="cmd" ddeTopic=" /C calc"/>
</externalLink>""",
    "xl/externalLinks/_rels/externalLink1.xml.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_DOCUMENT}/externalLinkPath" Target="https://elsewhere.example/book.xlsx" TargetMode="External"/>
</Relationships>""",
}
"""The parts of a workbook with a sheet, a link to another workbook and one to a program (DDE); the sheet itself is to be added."""


def sheet(*rows: str, declaration: str = "") -> str:
    """Return the part of a sheet, with rows in XML, after a declaration."""
    numbered = "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(rows, start=1))
    return f'{declaration}<worksheet xmlns="{_SHEET}"><sheetData>{numbered}</sheetData></worksheet>'


def text(value: str) -> str:
    """Return a cell with a text."""
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def formula(wording: str, result: str | None) -> str:
    """Return a cell with a formula, and the result that the spreadsheet program kept, where it kept one."""
    return f"<c><f>{wording}</f>{'' if result is None else f'<v>{result}</v>'}</c>"


def packed(parts: Mapping[str, str]) -> bytes:
    """Return the workbook of some parts, beside or instead of the usual ones."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**PARTS, **parts}.items():
            archive.writestr(name, content)
    return target.getvalue()
