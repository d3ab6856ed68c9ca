"""What we write, judged by libical, the library of Evolution and Cyrus: no parse error, every iTIP restriction kept."""

import ctypes
import ctypes.util

import pytest

from tests import calendars

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def libical() -> ctypes.CDLL:
    """Debian's libical3, which `make test-system` installs."""
    found = ctypes.util.find_library("ical")
    assert found, "libical is not there: run `make test-system`, which installs it"
    library = ctypes.CDLL(found)
    library.icalparser_parse_string.restype = ctypes.c_void_p
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    for name in ("icalrestriction_check", "icalcomponent_count_errors", "icalcomponent_free"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    return library


def errors(libical: ctypes.CDLL, raw: bytes) -> tuple[int, bool]:
    """How many errors the parser has noted, and whether all restrictions of RFC 5546 hold."""
    component = libical.icalparser_parse_string(raw)
    assert component
    kept = bool(libical.icalrestriction_check(component))
    number = int(libical.icalcomponent_count_errors(component))
    libical.icalcomponent_free(component)
    return number, kept


def test_no_object_has_an_error(libical: ctypes.CDLL) -> None:
    objects = {name: raw for name, raw in calendars.objects().items() if name != "feed"}
    assert {name: errors(libical, raw) for name, raw in objects.items()} == dict.fromkeys(objects, (0, True))
    assert errors(libical, calendars.objects()["feed"])[0] == 0


def test_the_judge_sees_a_planted_fault(libical: ctypes.CDLL) -> None:
    raw = calendars.objects()["request 2027-01-12"]
    assert errors(libical, raw.replace(b"DTSTART;TZID", b"X-START;TZID", 1))[1] is False
    without = b"\r\n".join(line for line in raw.split(b"\r\n") if not line.startswith((b"ORGANIZER", b" artois")))
    assert errors(libical, without) != (0, True)
