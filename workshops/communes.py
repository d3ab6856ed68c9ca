"""The 150 communes of the three agglomerations that the Pôle métropolitain de l'Artois unites (data/README.md)."""

import csv
from dataclasses import dataclass
from functools import cache

from workshops.settings import bundled


@dataclass(frozen=True, slots=True)
class Commune:
    """A town or village, known by its INSEE code: a postcode never identifies one. WGS 84 degrees, unknown for 26."""

    insee: str
    name: str
    postcodes: tuple[str, ...]
    epci: str
    latitude: float | None
    longitude: float | None


def communes() -> tuple[Commune, ...]:
    """All of them, in the order of their INSEE codes."""
    return tuple(_by_code().values())


def commune(insee: str) -> Commune | None:
    """The commune of an INSEE code; None if it is not one of the 150."""
    return _by_code().get(insee)


@cache
def _by_code() -> dict[str, Commune]:
    with (bundled("data") / "communes.csv").open(encoding="utf-8", newline="") as file:
        return {row["insee"]: _commune(row) for row in csv.DictReader(file)}


def _commune(row: dict[str, str]) -> Commune:
    return Commune(
        insee=row["insee"],
        name=row["name"],
        postcodes=tuple(row["postcodes"].split()),
        epci=row["epci"],
        latitude=float(row["latitude"]) if row["latitude"] else None,
        longitude=float(row["longitude"]) if row["longitude"] else None,
    )
