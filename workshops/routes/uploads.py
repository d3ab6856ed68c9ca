"""Forms that carry a file (RFC 7578), read from the body as it came: what they hold is kept nowhere."""

import io
import re

import multipart  # type: ignore[import-untyped]

from workshops.routes.forms import MalformedForm

UPLOAD_BYTES = 3 * 1024 * 1024
"""A file of 2 MB and what goes with it, and room to say in words that a somewhat larger one is too large."""
UPLOADS = re.compile(r"/office/events/[0-9A-Za-z-]{1,36}/imports/?")
"""The addresses that files are sent to."""
MOST_PARTS = 10


def read_upload(content_type: str, body: bytes) -> dict[str, bytes]:
    """What each field holds, the first of a name; files like text. Raises MalformedForm."""
    kind, options = multipart.parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise MalformedForm
    fields: dict[str, bytes] = {}
    try:
        for part in multipart.MultipartParser(
            io.BytesIO(body),
            boundary,
            content_length=len(body),
            part_limit=MOST_PARTS,
            spool_limit=UPLOAD_BYTES,  # nothing is put on the disk
            memory_limit=UPLOAD_BYTES,
            strict=True,
        ):
            fields.setdefault(part.name, part.raw)
            part.close()
    except (multipart.MultipartError, ValueError):
        raise MalformedForm from None
    return fields
