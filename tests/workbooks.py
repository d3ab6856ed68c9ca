"""Workbooks as Excel writes them, and as nobody but an attacker does: archives of XML made by hand."""

import io
import struct
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Number formats 0 general, 14 date, 20 hour, 22 date and hour, 46 hours beyond a day.
FORMATS = (0, 14, 20, 22, 46)
DATE, HOUR, MOMENT, HOURS = 1, 2, 3, 4

PARTS: dict[str, str] = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KIND}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Feuil1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts><font/></fonts>'
    '<fills><fill><patternFill patternType="none"/></fill></fills><borders><border/></borders>'
    "<cellStyleXfs><xf/></cellStyleXfs><cellXfs>"
    + "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in FORMATS)
    + "</cellXfs></styleSheet>",
}


def workbook(
    rows: str, *, strings: str = "", before: str = "", parts: Mapping[str, str | bytes] | None = None
) -> bytes:
    """A workbook whose one sheet has these `<row>` elements; `strings` are the `<si>` of the shared ones.

    `before` comes before the sheet's rows, `parts` are added or take the place of a usual one.
    """
    all_parts: dict[str, str | bytes] = {
        **PARTS,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>',
        **(parts or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in all_parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def line(number: int, *cells: str) -> str:
    """A row of text cells."""
    inside = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in cells)
    return f'<row r="{number}">{inside}</row>'


def value(number: float, style: int = 0) -> str:
    """A cell that holds a number in this style."""
    return f'<c s="{style}"><v>{number}</v></c>'


def lying(content: bytes, name: str, claimed: int) -> bytes:
    """The same archive, whose entry `name` claims to unpack to `claimed` bytes, in both of its headers."""
    changed = bytearray(content)
    for mark, size_at, length_at, name_at in ((b"PK\x03\x04", 22, 26, 30), (b"PK\x01\x02", 24, 28, 46)):
        at = -1
        while (at := changed.find(mark, at + 1)) >= 0:
            length = struct.unpack_from("<H", changed, at + length_at)[0]
            if changed[at + name_at : at + name_at + length] == name.encode():
                struct.pack_into("<I", changed, at + size_at, claimed)
    return bytes(changed)
