"""One text is one message: every kind, in both languages, for any name, with the code and the link whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshops.gsm import MOST, cut, fold, septets
from workshops.i18n import LOCALES, translate
from workshops.letters.texts import OFF, WAITS, WORDS, compose

CODE = "K7QM-4RTT"
LINK = "https://inscription.pole-artois.example/m/" + "0123456789ABCDEFGHJKMNPQRS"  # 39 characters, and 26 of secret


def words(locale: str) -> list[str]:
    filled = {"until": "13/01, 10 h 30", "at": "10 h 30"}
    return [translate(locale, one, filled) for one in (*WORDS.values(), WAITS, OFF)]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    "name", ["Zoé", "Jean-Baptiste-Éléonore", "Gaël", "Ñuño’", "Maria-Magdalena " * 4, "Łukasz", "李"]
)
def test_with_an_address_of_40_characters_nothing_is_left_out_but_the_end_of_a_name(name: str, locale: str) -> None:
    for said in words(locale):
        text = compose(name, said, CODE, LINK, locale)
        assert septets(text) <= MOST
        assert text.endswith(f"{CODE}. {LINK}")
        assert fold(said) in text
        assert text.startswith(fold(name)[:11])


def test_the_words_give_way_before_the_code_and_the_link() -> None:
    long = "https://" + "a" * 85 + LINK[39:]
    text = compose("Zoé", words("fr")[0], CODE, long, "fr")
    assert (text, septets(text) <= MOST) == (f"Zoé, Code {CODE} {long}", True)
    longer = "https://" + "a" * 110 + LINK[39:]
    assert compose("Zoé", words("fr")[0], CODE, longer, "fr") == f"{CODE} {longer}"


def test_what_counts_twice_and_what_does_not_exist() -> None:
    assert septets("é€[") == 5
    with pytest.raises(ValueError):
        septets("ê")
    assert fold("Zoë à l’Œuvre\u202f: « ça »\u00a0? ê ł 李 ¼") == 'Zoe à l\'OEuvre : " ca " ? e l ? ?'
    assert cut("Jean-Baptiste", 6) == "Jean."


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_any_text_can_be_counted_once_folded_and_folding_again_changes_nothing(text: str, most: int) -> None:
    folded = fold(text)
    assert septets(folded) >= len(folded)
    assert fold(folded) == folded
    assert septets(cut(folded, most)) <= max(most, 1)
