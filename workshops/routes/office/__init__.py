"""The pages of staff, a file for each thing they do; who may is asked by every handler (`access.staff`, `rights`)."""

from litestar import Router

from workshops.routes.office import (
    accounts,
    attendee_places,
    attendees,
    audit,
    bookings,
    bulletins,
    calls,
    changes,
    desk,
    hall_calendar,
    hall_of_day,
    hall_requests,
    halls,
    holds,
    home,
    imports,
    people,
    planner,
    single,
    stands,
)

OFFICE = Router(
    "/",
    route_handlers=[
        *home.ROUTES,
        *imports.ROUTES,
        *planner.ROUTES,
        *single.ROUTES,
        *stands.ROUTES,
        *desk.ROUTES,
        *people.ROUTES,
        *bookings.ROUTES,
        *attendees.ROUTES,
        *attendee_places.ROUTES,
        *calls.ROUTES,
        *changes.ROUTES,
        *holds.ROUTES,
        *bulletins.ROUTES,
        *audit.ROUTES,
        *accounts.ROUTES,
        *halls.ROUTES,
        *hall_calendar.ROUTES,
        *hall_requests.ROUTES,
        *hall_of_day.ROUTES,
    ],
    include_in_schema=False,
)
