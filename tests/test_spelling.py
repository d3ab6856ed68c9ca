"""A name that is spelt otherwise stays the same person's; two other names are somebody else's."""

import pytest

from workshops.spelling import Respelling, respelling


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("zoe", "lefevre"), ("Zoé", "Lefèvre")),
        (("Zoé", "Lefèvre"), ("Zoé", "Lefebvre")),
        (("Lefèvre", "Zoé"), ("Zoé", "Lefèvre")),
        (("Jean-Pierre", "Wojciekowski"), ("Jean Pierre", "Wojciechowski")),
        (("Marie", "Dupont"), ("Marie-Claire", "Dupond")),
        (("Amnadine", "Petit"), ("Amandine", "Peitt")),
        (("Yassine", "El Amrani"), ("Yasine", "Elamrani")),
    ],
)
def test_spelling_stays_the_same_person(before: tuple[str, str], after: tuple[str, str]) -> None:
    assert respelling(before, after) is Respelling.SAME_PERSON


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Zoé", "Lefèvre"), ("Zoé", "Vandenbroucke")),
        (("zoe", "Lefèvre"), ("Zoé", "Kowalski")),
        (("Mohamed", "Benali"), ("Karim", "Benali")),
    ],
)
def test_one_of_the_two_may_be_another(before: tuple[str, str], after: tuple[str, str]) -> None:
    assert respelling(before, after) is Respelling.ANOTHER_NAME


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Zoé", "Lefèvre"), ("Karim", "Durand")),
        (("Zoé", "Lefèvre"), ("Zoë B", "Durand-Martin")),
        (("Léa", "Petit"), ("Noé", "Grand")),
        (("Zoé", "Lefèvre"), ("Lefèvre", "Durand")),
    ],
)
def test_two_others_are_somebody_else(before: tuple[str, str], after: tuple[str, str]) -> None:
    assert respelling(before, after) is Respelling.SOMEBODY_ELSE
