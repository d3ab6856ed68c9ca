"""Secrets, codes, QR pictures and signed values (contract.md "Secrets, QR and code")."""

import base64
import re
import zlib
from collections.abc import Iterator

import pytest
from qrcode.util import MODE_ALPHA_NUM, QRData

from workshops import tickets
from workshops.settings import settings
from workshops.tickets import KeyGone, Purpose, make_secret

OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PUBLIC_URL", "https://ateliers.example.org")
    monkeypatch.setenv("SECRET_KEY", OLD)
    settings.cache_clear()
    yield
    settings.cache_clear()


def keys(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setenv("SECRET_KEY", ",".join(names))
    settings.cache_clear()


def test_a_secret_is_the_same_each_time_and_differs_by_purpose_subject_and_revision() -> None:
    made = {
        make_secret(purpose, subject, revision).text
        for purpose in Purpose
        for subject in ("a1", "b2")
        for revision in (1, 2)
    }
    assert len(made) == len(Purpose) * 4
    assert make_secret(Purpose.TICKET, "a1") == make_secret(Purpose.TICKET, "a1")
    assert all(re.fullmatch("[A-Z2-7]{26}", text) for text in made)


def test_a_secret_can_be_written_again_after_the_key_was_changed_and_not_once_it_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = make_secret(Purpose.MANAGE, "a1")
    keys(monkeypatch, NEW, OLD)
    assert make_secret(Purpose.MANAGE, "a1", 1, before.key) == before
    assert make_secret(Purpose.MANAGE, "a1").key != before.key
    keys(monkeypatch, NEW)
    with pytest.raises(KeyGone):
        make_secret(Purpose.MANAGE, "a1", 1, before.key)
    assert tickets.secret_hash(before.text) == before.hash, "links already out survive: only the hash is looked up"


def test_the_key_id_fits_its_column_and_tells_nothing_of_the_key() -> None:
    key = make_secret(Purpose.TICKET, "a1").key
    assert len(key) <= 16
    assert key.encode() not in OLD.encode()


def test_a_secret_is_found_from_the_qr_the_link_and_the_bare_text_in_any_case() -> None:
    secret = make_secret(Purpose.TICKET, "a1")
    texts = [
        secret.text,
        secret.text.lower(),
        f"  {secret.text}\n",
        tickets.qr_text(secret.text),
        tickets.ticket_url(secret.text),
        tickets.manage_url(secret.text).lower(),
        f"{tickets.ticket_url(secret.text)}/?utm_source=mail",
    ]
    assert {tickets.secret_hash(text) for text in texts} == {secret.hash}
    assert len(secret.hash) == 32


def test_malformed_secrets_have_no_hash() -> None:
    text = make_secret(Purpose.TICKET, "a1").text
    # 26 characters carry 130 bits; with one of the last two set it is another text for the same 16 bytes.
    other = text[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"["ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".index(text[-1]) + 1]
    assert base64.b32decode(other + "======") == base64.b32decode(text + "======")
    for wrong in (other, "", text[:-1], text + "A", text[:-1] + "1", "é" * 26, f"x{text}", f"https://a/b/T/{text}"):
        assert tickets.secret_hash(wrong) is None


def test_a_link_to_another_host_is_foreign_whatever_follows() -> None:
    text = make_secret(Purpose.TICKET, "a1").text
    assert tickets.foreign(f"https://elsewhere.example/T/{text}")
    assert tickets.foreign("HTTPS://EN.WIKIPEDIA.ORG/")
    assert tickets.foreign(f"https://ateliers.example.org.evil.example/T/{text}")
    assert tickets.foreign(f"https://ateliers.example.org@evil.example/T/{text}")
    assert not tickets.foreign(tickets.qr_text(text))
    assert not tickets.foreign(text)
    assert not tickets.foreign("K7QM-4RTT")


def test_codes_have_the_contract_s_form_and_check() -> None:
    drawn = {tickets.new_code() for _ in range(200)}
    assert len(drawn) == 200
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code) for code in drawn)
    assert all(tickets.read_code(code) == code for code in drawn)
    assert tickets.read_code("K7QM-4RTT") == "K7QM-4RTT", "the contract's own example"


def test_a_code_is_read_as_people_type_it() -> None:
    code = "10K4-7ZM" + tickets._check("10K47ZM")
    for typed in (
        code.lower(),
        code.replace("-", ""),
        f" {code.replace('-', ' – ')} ",
        "lOk4-7zm" + code[-1],
        "Iok47zm" + code[-1],
    ):
        assert tickets.read_code(typed) == code
    for wrong in ("", "K7QM", "K7QM-4RTU", "K7QM-4RTT-4", "UUUU-UUUU", "ÀÉÎÔ-ÛÜÇß"):
        assert tickets.read_code(wrong) is None


def test_one_wrong_character_is_always_noticed_and_a_swap_nearly_always() -> None:
    code = "K7QM4RTT"
    for place in range(8):
        for other in set(tickets.ALPHABET) - {code[place]}:
            assert tickets.read_code(code[:place] + other + code[place + 1 :]) is None
    swapped = missed = 0
    for drawn in (tickets.new_code().replace("-", "") for _ in range(300)):
        for place in range(7):
            turned = drawn[:place] + drawn[place + 1] + drawn[place] + drawn[place + 2 :]
            swapped += turned != drawn
            missed += turned != drawn and tickets.read_code(turned) is not None
    assert missed / swapped < 0.01


def test_the_qr_is_alphanumeric_as_small_as_can_be_and_as_strong_as_fits() -> None:
    text = tickets.qr_text(make_secret(Purpose.TICKET, "a1").text)
    assert text == f"HTTPS://ATELIERS.EXAMPLE.ORG/T/{make_secret(Purpose.TICKET, 'a1').text}"
    assert QRData(text).mode == MODE_ALPHA_NUM
    assert len(tickets._matrix(text)) == 29 + 2 * tickets.BORDER, "version 3 holds 61 characters at level M"
    assert _level(tickets._matrix(text)) == "M"
    assert _level(tickets._matrix("A")) == "H", "version 1 has room for more correction"


def test_the_png_holds_the_modules_with_eight_pixels_each_and_white_around() -> None:
    text = tickets.qr_text(make_secret(Purpose.TICKET, "a1").text)
    pixels = _read_png(tickets.qr_png(text))
    matrix = tickets._matrix(text)
    scale, border = tickets.PIXELS, tickets.BORDER
    assert scale >= 8
    assert pixels == [[dark for dark in row for _ in range(scale)] for row in matrix for _ in range(scale)]
    edge = border * scale
    assert not any(any(row) for row in pixels[:edge] + pixels[-edge:])
    assert not any(any(row[:edge] + row[-edge:]) for row in pixels)


def test_the_svg_draws_the_same_modules_on_white() -> None:
    text = tickets.qr_text(make_secret(Purpose.TICKET, "a1").text)
    svg = tickets.qr_svg(text, 'Ticket "K7QM-4RTT" <1>')
    matrix = tickets._matrix(text)
    drawn = [[False] * len(matrix) for _ in matrix]
    for x, y, length, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", svg):
        assert length == back
        for step in range(int(length)):
            drawn[int(y)][int(x) + step] = True
    assert drawn == matrix
    assert svg.count("<path") == 1
    assert "style" not in svg
    assert 'role="img" aria-label="Ticket &quot;K7QM-4RTT&quot; &lt;1&gt;"' in svg
    assert f'<rect width="{len(matrix)}" height="{len(matrix)}" fill="#fff"/>' in svg
    assert 'aria-hidden="true"' in tickets.qr_svg(text)


def test_signed_values_are_read_under_every_key_and_for_their_purpose_only(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = tickets.sign("created", "a1.b2:1790000000")
    assert tickets.unsign("created", signed) == "a1.b2:1790000000"
    assert tickets.unsign("consent", signed) is None
    keys(monkeypatch, NEW, OLD)
    assert tickets.unsign("created", signed) == "a1.b2:1790000000"
    keys(monkeypatch, NEW)
    assert tickets.unsign("created", signed) is None


def test_signed_values_that_were_touched_are_refused() -> None:
    signed = tickets.sign("created", "a1")
    for wrong in ("", ".", "a1", "a1.", signed[1:], signed[:-1], "b" + signed[1:], signed + "A", f"{signed}.", "é.é"):
        assert tickets.unsign("created", wrong) is None


def _level(matrix: list[list[bool]]) -> str:
    """The error correction that a symbol says it has (ISO/IEC 18004 §7.9: two bits, masked with 10)."""
    row = matrix[tickets.BORDER + 8]
    return "MLHQ"[(row[tickets.BORDER] * 2 + row[tickets.BORDER + 1]) ^ 0b10]


def _read_png(png: bytes) -> list[list[bool]]:
    """The dark pixels of a PNG of one bit grey, read by its specification."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        kind, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        assert zlib.crc32(kind + content) == int.from_bytes(png[place + 8 + length : place + 12 + length], "big")
        chunks[kind] = content
        place += 12 + length
    width, height = (int.from_bytes(chunks[b"IHDR"][at : at + 4], "big") for at in (0, 4))
    assert chunks[b"IHDR"][8:] == bytes([1, 0, 0, 0, 0])
    lines, stride = zlib.decompress(chunks[b"IDAT"]), -(-width // 8) + 1
    assert len(lines) == stride * height
    rows = [lines[start : start + stride] for start in range(0, len(lines), stride)]
    assert not any(row[0] for row in rows), "no filter"
    return [[not row[1 + x // 8] >> (7 - x % 8) & 1 for x in range(width)] for row in rows]
