"""Workbooks are ZIP archives of XML: unpacked here with a count of what really comes out, whatever they claim."""

import io
import zipfile

from workshops.sheets.refused import Encrypted, NotASpreadsheet, OldExcel, OpenDocument, TooHeavy

MOST_UNPACKED = 50 * 1024 * 1024
MOST_ENTRIES = 1000
CHUNK = 64 * 1024
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
NEEDED = (".xml", ".rels")
UNUSED = ("docProps/", "customXml/", "xl/theme/", "xl/media/", "xl/drawings/", "xl/charts/", "xl/chartsheets/")


def unpack(content: bytes) -> io.BytesIO:
    """The same workbook as an archive that nothing in it is packed in, without what no cell needs.

    Every entry is counted as it comes out. Raises TooHeavy beyond 50 MB, Encrypted, OldExcel, OpenDocument, and
    NotASpreadsheet for entries that are broken, doubled or packed in an unusual way.
    """
    archive = zipfile.ZipFile(io.BytesIO(content))
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    _must_be_a_workbook(archive, entries, names)
    unpacked, counted = io.BytesIO(), 0
    with zipfile.ZipFile(unpacked, "w") as plain:
        for entry in entries:
            wanted = entry.filename.endswith(NEEDED) and not entry.filename.startswith(UNUSED)
            pieces = []
            with archive.open(entry) as source:
                while piece := source.read(CHUNK):
                    counted += len(piece)
                    if counted > MOST_UNPACKED:
                        raise TooHeavy
                    if wanted:
                        pieces.append(piece)
            if wanted:
                plain.writestr(entry.filename, b"".join(pieces))
    unpacked.seek(0)
    return unpacked


def _must_be_a_workbook(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], names: list[str]) -> None:
    if "mimetype" in names and archive.open("mimetype").read(100).startswith(b"application/vnd.oasis.opendocument"):
        raise OpenDocument
    if "xl/workbook.bin" in names:
        raise OldExcel
    if any(entry.flag_bits & 1 for entry in entries):
        raise Encrypted
    if "[Content_Types].xml" not in names or len(set(names)) < len(names) or len(names) > MOST_ENTRIES:
        raise NotASpreadsheet
    if any(entry.compress_type not in METHODS for entry in entries):
        raise NotASpreadsheet
