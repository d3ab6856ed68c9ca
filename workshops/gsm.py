"""What fits into one text message: the default alphabet of 3GPP TS 23.038 (once GSM 03.38), counted in septets."""

import unicodedata

MOST = 160
"""Septets in one message (3GPP TS 23.040); a character beyond the alphabet would leave room for 70 letters only."""
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_ALIKE = {"’": "'", "‘": "'", "«": '"', "»": '"', "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."}
_ALIKE |= {"œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "ı": "i"}


def fold(text: str) -> str:
    """The text in the alphabet: letters that it lacks without their accent, spaces plain, what is left as "?"."""
    return "".join(_letter(char) for char in unicodedata.normalize("NFC", text))


def septets(text: str) -> int:
    """How long a folded text is: a character of the extension table counts twice. Raises ValueError for any other."""
    if strange := set(text) - _BASIC - _EXTENDED:
        raise ValueError(f"not in the alphabet: {strange}")
    return len(text) + sum(char in _EXTENDED for char in text)


def cut(text: str, most: int) -> str:
    """A folded text of at most `most` septets; a point says that something is left out."""
    if septets(text) <= most:
        return text
    while text and septets(text) > most - 1:
        text = text[:-1]
    return f"{text.rstrip(' -.')}."


def _letter(char: str) -> str:
    if char in _BASIC or char in _EXTENDED:
        return char
    if char in _ALIKE:
        return _ALIKE[char]
    if char.isspace():
        return " "
    plain = "".join(one for one in unicodedata.normalize("NFKD", char) if not unicodedata.combining(one))
    known = "".join(_ALIKE.get(one, one) for one in plain)
    return known if known and set(known) <= _BASIC | _EXTENDED else "?" if not unicodedata.combining(char) else ""
