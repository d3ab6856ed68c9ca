"""The reference data: communes, jobs, domains, and what the demo season says of them."""

from collections import Counter

import pytest

from workshops.communes import commune, communes
from workshops.demo.cast import script
from workshops.i18n import translate
from workshops.jobs import DOMAINS, job, jobs

FRENCH = {
    "A": "Agriculture, pêche, espaces verts, animaux",
    "B": "Arts et façonnage",
    "C": "Banque, assurance, immobilier",
    "D": "Commerce, vente",
    "E": "Communication, média",
    "F": "Construction, BTP",
    "G": "Hôtellerie-restauration, tourisme, loisirs",
    "H": "Industrie",
    "I": "Installation et maintenance",
    "J": "Santé",
    "K": "Services à la personne et à la collectivité",
    "L": "Spectacle",
    "M": "Support à l’entreprise",
    "N": "Transport et logistique",
}


def test_the_three_agglomerations_have_150_communes() -> None:
    assert sorted(Counter(town.epci for town in communes()).values()) == [14, 36, 100]
    assert len({town.insee for town in communes()}) == 150
    assert all(len(town.postcodes) == 1 and town.postcodes[0].startswith("62") for town in communes())


def test_a_commune_is_found_by_its_code() -> None:
    lens = commune("62498")
    assert lens is not None
    assert (lens.name, lens.postcodes, lens.epci) == ("Lens", ("62300",), "CA de Lens-Liévin")
    assert lens.latitude == pytest.approx(50.43, abs=0.01)
    assert lens.longitude == pytest.approx(2.83, abs=0.01)
    assert commune("62300") is None


def test_some_communes_have_no_coordinates() -> None:
    without = [town.name for town in communes() if town.latitude is None]
    assert len(without) == 26
    assert "Givenchy-lès-la-Bassée" in without
    assert all((town.latitude is None) == (town.longitude is None) for town in communes())


def test_jobs_are_known_by_their_code() -> None:
    assert len(jobs()) == 1584
    assert job("H2913") == "Soudeur / Soudeuse"
    assert job("Z9999") is None
    assert {code[0] for code in jobs()} == set(DOMAINS)


@pytest.mark.parametrize("letter", DOMAINS)
def test_a_domain_is_said_in_plain_french(letter: str) -> None:
    assert translate("fr", DOMAINS[letter]) == FRENCH[letter]
    assert translate("en", DOMAINS[letter]) == DOMAINS[letter]


@pytest.mark.parametrize("stand", script()["stand"], ids=lambda stand: stand["slug"])
def test_a_demo_stand_is_complete(stand: dict[str, str]) -> None:
    """What the columns hold, and French as the house writes it: ’, and no space that breaks before a unit."""
    assert job(stand["rome"])
    assert commune(stand["commune"])
    assert stand["training_by"] in {one["slug"] for one in script()["training"]}
    assert len(stand["title"]) <= 120
    assert len(stand["contracts"]) <= 120
    assert 2 <= stand["description"].count(".") <= 4
    assert "'" not in "".join(str(value) for value in stand.values())


def test_no_two_of_the_demo_are_called_the_same() -> None:
    names = Counter(script()["first_names"] + script()["last_names"])
    slugs = Counter(one["slug"] for one in script()["agency"] + script()["training"])
    stands = Counter(one["slug"] for one in script()["stand"])
    assert {*names.values(), *slugs.values(), *stands.values()} == {1}
    assert len(stands) >= 18
