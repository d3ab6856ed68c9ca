"""The pages of staff, a file for each thing they do; who may is asked by every handler (`access.staff`, `rights`)."""

from litestar import Router

from workshops.routes.office import home

OFFICE = Router("/", route_handlers=[*home.ROUTES])
