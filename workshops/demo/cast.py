"""Who is in every season: agencies, municipalities with a hall, exhibitors. All invented (data/demo.toml)."""

import re
import tomllib
import unicodedata
from functools import cache
from random import Random
from typing import Any

from workshops.communes import Commune, commune
from workshops.demo.rows import Draw, Row, lasting_id
from workshops.settings import bundled

HALLS = ("Salle des fêtes", "Salle polyvalente", "Halle du Carreau", "Maison des associations")
ACCESS = (
    "Entrée de plain-pied, toilettes adaptées, deux places de parking réservées devant la porte.",
    "Rampe à gauche de l’entrée, toilettes adaptées. Le parking est gratuit, à 50 m.",
    "Entrée de plain-pied par la cour. Boucle magnétique à l’accueil, toilettes adaptées.",
)
EQUIPMENT = "40 tables, 200 chaises, prises 230 V le long des murs, une arrivée d’eau, sonorisation."


@cache
def script() -> dict[str, Any]:
    """The names and texts of data/demo.toml."""
    with (bundled("data") / "demo.toml").open("rb") as file:
        return tomllib.load(file)


def add_agencies_and_exhibitors(draw: Draw) -> None:
    """Add the agencies and the training bodies and companies that hold a stand."""
    training = [one["slug"] for one in script()["training"]]
    for one in script()["agency"]:
        details = {"agency_type": one["type"], "sensitive": one.get("sensitive", False)}
        _organisation(draw, one["slug"], "agency", one["name"], one["commune"], **details)
    for one in script()["training"]:
        _organisation(draw, one["slug"], "exhibitor", one["name"], one["commune"], training=True)
    for one in script()["stand"]:
        if one["slug"] not in training:
            name = f"{one['exhibitor']} (fictif)"
            _organisation(draw, one["slug"], "exhibitor", name, one["commune"])


def add_hall(draw: Draw, town: Commune) -> str:
    """Add the municipality and its hall; return the venue's id."""
    slug = f"{_slug(town.name)}-demo"
    owner = _organisation(draw, slug, "municipality", f"Mairie {of(town.name)} (démo)", town.insee)
    name = Random(town.insee).choice(HALLS)  # noqa: S311 - the same hall in every season
    return _venue(draw, owner, town, f"{name} (démo)", capacity=Random(town.name).randrange(150, 401, 10))  # noqa: S311


def add_room(draw: Draw) -> tuple[str, str]:
    """Add the room that an agency has of its own; return the agency's and the venue's id."""
    agency = next(one for one in script()["agency"] if "room" in one)
    town = commune(agency["commune"])
    assert town is not None
    owner = lasting_id(agency["slug"])
    return owner, _venue(draw, owner, town, agency["room"], capacity=140)


def lead(town: Commune) -> str:
    """The agency that plans the days of a commune."""
    return lasting_id("plie-bethune-demo" if town.epci.startswith("CA de Béthune") else "maison-emploi-demo")


def of(name: str) -> str:
    """de Lens, d’Avion, d’Hénin-Beaumont."""
    first = unicodedata.normalize("NFD", name)[0].upper()
    return f"d’{name}" if first in "AEIOUYH" else f"de {name}"


def _organisation(draw: Draw, slug: str, kind: str, name: str, town: str, **details: object) -> str:
    number = Random(slug).randrange(10_000)  # noqa: S311 - the same number in every season
    row: Row = {
        "id": lasting_id(slug),
        "slug": slug,
        "kind": kind,
        "name": name,
        "agency_type": None,
        "training": False,
        "sensitive": False,
        "commune": town,
        "email": f"{slug.removesuffix('-demo')}@example.org",
        "phone": f"+3335301{number:04}",
        "created_at": draw.start,
    }
    draw.add("organisation", row | details)
    return lasting_id(slug)


def _venue(draw: Draw, owner: str, town: Commune, name: str, capacity: int) -> str:
    venue = lasting_id("venue", town.insee, name)
    chosen = Random(venue)  # noqa: S311 - the same address in every season
    row: Row = {
        "id": venue,
        "organisation": owner,
        "commune": town.insee,
        "name": name,
        "address": f"{chosen.randint(1, 60)} {chosen.choice(script()['streets'])}",
        "capacity": capacity,
        "access": chosen.choice(ACCESS),
        "equipment": EQUIPMENT,
        "bus_stop": f"{chosen.choice(script()['bus_stops'])} (démo)",
        "latitude": town.latitude,
        "longitude": town.longitude,
    }
    draw.add("venue", row)
    return venue


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
