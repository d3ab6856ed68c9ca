"""What a workshop's page may say: every field is read, bounded and checked, and what would harm its readers refused."""

import pytest

from workshops.descriptions import LONGEST, Description, Proposal, proposal, read_description
from workshops.fields import Answers, Wrong, text, web_address, whole_number
from workshops.jobs import search

NIR = "1 85 05 78 006 084 42"
BODIES = {"greta": "GRETA"}


def read(**given: str) -> tuple[Description, list[str]]:
    answers = Answers({"title": "Soudeur", **given})
    return read_description(answers, BODIES), [fault.name for fault in answers.faults]


def test_everything_is_read() -> None:
    wanted, faults = read(
        title="  Soudeur,  soudeuse ",
        rome_code="H2913",
        description="Vous soudez.\r\n\r\nVous testez.",
        prerequisites="Rien",
        openings="3",
        contract_kinds="CDI",
        access="Assis",
        min_age="16",
        eco_transition="true",
        training_title="CAP",
        training_by="greta",
        website="www.aciers.example",
    )
    assert faults == []
    assert wanted == Description(
        "Soudeur, soudeuse",
        "H2913",
        "Vous soudez.\n\nVous testez.",
        "Rien",
        3,
        "CDI",
        "Assis",
        16,
        True,
        "CAP",
        "greta",
        "https://www.aciers.example",
    )


def test_a_name_is_enough_and_all_faults_are_named() -> None:
    assert read() == (Description("Soudeur"), [])
    _, faults = read(
        title=" ",
        rome_code="X0000",
        description="x" * (LONGEST + 1),
        openings="-1",
        min_age="cent",
        training_by="nobody",
        website="javascript:alert(1)",
    )
    assert faults == ["title", "rome_code", "description", "openings", "min_age", "training_by", "website"]


@pytest.mark.parametrize(
    "name", ["title", "description", "prerequisites", "access", "contract_kinds", "training_title"]
)
def test_a_social_security_number_is_refused_in_every_text(name: str) -> None:
    assert read(**{name: f"Appelez {NIR}"})[1] == [name]
    assert read(**{name: "Un \x00 caché"})[1] == [name]


def test_a_number_is_found_across_lines() -> None:
    with pytest.raises(Wrong):
        text(100)("1 85 05 78\n006 084 42")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "javascript://www.example.fr/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "ftp://www.example.fr",
        "https://banque.fr@pirate.example",
        "https:\\\\www.example.fr",
        "https://www.example.fr/a b",
        'https://www.example.fr/"onclick=',
        "https://www.example.fr:99999",
        "https://localhost",
        "https://127.0.0.1",
        "//www.example.fr",
        "https://[x",
        "https://" + "a" * 200 + ".fr",
    ],
)
def test_what_is_no_website_is_refused(address: str) -> None:
    with pytest.raises(Wrong):
        web_address(address)


@pytest.mark.parametrize("address", ["https://www.example.fr", "http://example.fr:8080/jobs?x=1#y", "https://é.fr/ça"])
def test_a_website_is_kept_as_it_is(address: str) -> None:
    assert web_address(address) == address
    assert web_address("www.example.fr") == "https://www.example.fr"


@pytest.mark.parametrize("given", ["", "3.5", "٣", "1e3", "9" * 5000, "17", "-1", True, None])
def test_a_whole_number_is_digits_within_its_bounds(given: object) -> None:
    assert whole_number(0, 16)("16") == 16
    with pytest.raises(Wrong):
        whole_number(0, 16)(given)


def test_a_proposal_is_kept_as_it_was_and_belongs_to_its_exhibitor() -> None:
    kept = Proposal("us", {"title": "Soudeuse «x»", "openings": None}, refused=None)
    row = {"proposal": kept.write(), "exhibitor": "us"}
    assert proposal(row) == kept
    assert proposal(row | {"exhibitor": "them"}) is None
    assert proposal(row | {"proposal": None}) is None


@pytest.mark.parametrize(
    ("asked", "label"),
    [
        ("soudure", "Soudeur / Soudeuse"),
        ("MACON", "Maçon / Maçonne"),
        ("maçonnerie", "Maçon / Maçonne"),
        ("Maçon, maçonne", "Maçon / Maçonne"),
        ("h2913", "Soudeur / Soudeuse"),
        ("électricienne bâtiment", "Electricien / Electricienne du bâtiment"),
        ("boulangerie", "Boulanger / Boulangère"),
        ("aide soignante", "Aide-soignant / Aide-soignante"),
    ],
)
def test_a_job_is_found_by_words_as_people_write_them(asked: str, label: str) -> None:
    assert search(asked)[0][1] == label


def test_a_search_gives_at_most_ten_and_nothing_for_nothing() -> None:
    assert len(search("technicien")) == 10
    assert search("") == search("de la") == search("xqzw") == ()
    assert len(search("a" * 5000)) <= 10
