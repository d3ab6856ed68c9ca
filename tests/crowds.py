"""Many people who sign up within minutes from one network: what the tests of bursts share."""

from dataclasses import replace
from typing import Any

from tests import factories
from tests.factories import Row
from workshops.actors import ANYONE
from workshops.limits import Source
from workshops.registrations import Registered, register


async def crowd(
    event: Row, number: int, *slots: Row, doubtful: int = 0, network: str = "one", **given: Any
) -> list[Registered]:
    """So many people, the last `doubtful` of them asked to prove their addresses."""
    return [
        await somebody(event, n, *slots, network=network, doubtful=n >= number - doubtful, **given)
        for n in range(number)
    ]


async def somebody(
    event: Row, number: int, *slots: Row, network: str = "one", doubtful: bool = False, **given: Any
) -> Registered:
    """One of them."""
    person: dict[str, Any] = {"email": f"p{number}.{network}@example.org", **given}
    asked = factories.sign_up(event, *slots, if_full="wait", **person)
    return await register(replace(asked, source=Source(network, doubtful)), ANYONE)
