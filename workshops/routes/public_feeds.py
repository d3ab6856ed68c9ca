"""Calendars to subscribe to: the season, one commune, one day (RFC 5545)."""

import asyncio

from litestar import Request, Response, get

from workshops import feeds
from workshops.feeds import Feed
from workshops.routes.reading import read_search


@get("/calendar.ics")
async def season_calendar(request: Request) -> Response[bytes]:  # type: ignore[type-arg]
    """The days of all communes, or of one: `?commune=` its INSEE code. Raises Invalid for an unknown one."""
    search = read_search(request.query_params.get("commune"), None, None, None, None)
    return await _calendar(await feeds.season(search["commune"]))


async def event_calendar(event: str) -> Response[bytes]:
    """One day. Raises NotFound."""
    return await _calendar(await feeds.one_day(event))


async def _calendar(feed: Feed) -> Response[bytes]:
    body = await asyncio.to_thread(feeds.written, feed)
    return Response(body, media_type="text/calendar", headers={"Cache-Control": "no-cache"})
