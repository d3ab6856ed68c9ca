"""Lines as advisers paste them: whatever stands between their cells, each is one person or says what is wrong."""

import pytest

from workshops.pasted import MOST_LINES, Line, read_lines


def read(text: str, **given: bool) -> Line:
    """The one line of it."""
    (line,) = read_lines(text, **given)
    return line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoé Lefèvre; zoe@example.org; D-204", ("Zoé", "Lefèvre", "zoe@example.org", None, "D-204")),
        (
            "Zoé\tLefèvre\tzoe@example.org\t06 39 98 11 22\tD-204",
            ("Zoé", "Lefèvre", "zoe@example.org", "+33639981122", "D-204"),
        ),
        ("Zoé Lefèvre, 06.39.98.11.22", ("Zoé", "Lefèvre", None, "+33639981122", None)),
        ("Zoé Lefèvre 0639981122", ("Zoé", "Lefèvre", None, "+33639981122", None)),
        ("Zoé Lefèvre zoe@example.org", ("Zoé", "Lefèvre", "zoe@example.org", None, None)),
        ("Zoé Lefèvre", ("Zoé", "Lefèvre", None, None, None)),
        ("Zoé Lefèvre;;;D-204", ("Zoé", "Lefèvre", None, None, "D-204")),
        ("Zoé Lefèvre;D-204", ("Zoé", "Lefèvre", None, None, "D-204")),
        ("LEFÈVRE\tZoé\tzoe@example.org", ("Zoé", "LEFÈVRE", "zoe@example.org", None, None)),
        ("Mme LEFÈVRE Zoé; zoe@example.org", ("Zoé", "LEFÈVRE", "zoe@example.org", None, None)),
        ("Jean-Paul de La Tour;<JP@Example.org>", ("Jean-Paul", "de La Tour", "jp@example.org", None, None)),
        ("Momo Mammeri;momo@example.org", ("Momo", "Mammeri", "momo@example.org", None, None)),
        ('"Zoé Lefèvre","zoe@example.org"', ("Zoé", "Lefèvre", "zoe@example.org", None, None)),
        ("Zoé\u00a0Lefèvre\t+33 6 39 98 11 22\t12345", ("Zoé", "Lefèvre", None, "+33639981122", "12345")),
    ],
)
def test_a_line_is_read_however_its_cells_are_parted(
    text: str, expected: tuple[str, str, str | None, str | None, str | None]
) -> None:
    line = read(text)
    assert not line.faults
    assert (line.first_name, line.last_name, line.email, line.phone, line.reference) == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Zoé Lefèvre; 06 39 98 1", {"phone"}),
        ("Zoé Lefèvre; zoe@", {"email"}),
        ("Zoé; zoe@example.org", {"last"}),
        ("; zoe@example.org", {"first"}),
        ("Zoé Lefèvre; zoe@example.org; 123456789012345678901 too long", {"reference"}),
        ("Zoé Lefèvre; 2 85 05 62 498 084 36", {"phone"}),
        ("Zoé Lefèvre; zoe@example.org; 285056249808436", {"phone"}),
        ("Z0é Lef3vre; zoe@example.org", {"first", "last"}),
    ],
)
def test_what_is_wrong_is_said_by_field(text: str, names: set[str]) -> None:
    line = read(text)
    assert {fault.name for fault in line.faults} == names
    assert not line.is_good


def test_an_invitation_needs_a_contact_and_no_last_name() -> None:
    assert read("Zoé; zoe@example.org", needs_contact=True).is_good
    assert [fault.name for fault in read("Zoé Lefèvre", needs_contact=True).faults] == ["email"]


def test_empty_lines_and_headings_are_passed_over() -> None:
    lines = read_lines("Nom\tPrénom\tE-mail\tTéléphone\r\n\r\n\t\t\r\nLEFÈVRE\tZoé\tzoe@example.org\t\r\n")
    assert [(line.number, line.first_name) for line in lines] == [(1, "Zoé")]
    assert read_lines("") == read_lines(" \n;;\n\t") == []


def test_the_same_person_twice_is_one() -> None:
    first, again, other, nameless = read_lines(
        "Zoé Lefèvre; zoe@example.org\nLEFEVRE Zoé; ZOE@example.org; D-2\nMax Lefèvre; zoe@example.org\nZoé Lefèvre"
    )
    assert (first.is_good, again.same_as, other.is_good, nameless.is_good) == (True, 1, True, True)


def test_the_thirty_first_line_does_not_go() -> None:
    lines = read_lines("\n".join(f"Zoé Lefèvre; zoe{number}@example.org" for number in range(MOST_LINES + 1)))
    assert [line.is_good for line in lines] == [True] * MOST_LINES + [False]
