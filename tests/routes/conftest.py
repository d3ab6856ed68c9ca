"""What the tests of pages share: a visitor of the whole application, its edge included."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.visitor import Visitor
from workshops.app import application
from workshops.database import Engine

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
async def visitor(db: Engine) -> AsyncIterator[Visitor]:
    """A French reader."""
    transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]
    headers = {"Accept-Language": "fr"}
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as client:
        yield Visitor(client)
