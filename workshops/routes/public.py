"""Every page and feed that a resident sees, without an account. Not part of the API's description."""

from litestar import Router

from workshops.routes import (
    public_confirmation,
    public_feeds,
    public_invitations,
    public_manage,
    public_offers,
    public_pages,
    public_programme,
    public_proof,
    public_sign_up,
)

FORM_BYTES = 64 * 1024

PUBLIC = Router(
    "/",
    route_handlers=[
        public_programme.days,
        public_programme.day,
        public_programme.workshop,
        public_sign_up.ask,
        public_sign_up.check,
        public_sign_up.reserve,
        public_confirmation.confirmation,
        public_confirmation.give_back,
        public_confirmation.show_contact,
        public_confirmation.send_contact,
        public_manage.ticket,
        public_manage.manage,
        public_manage.give_back,
        public_manage.choose,
        public_manage.add,
        public_manage.not_you,
        public_manage.give_all_back,
        public_offers.offer,
        public_offers.answer,
        public_proof.show_proof,
        public_proof.prove,
        public_invitations.invitation,
        public_invitations.start,
        public_invitations.open_places,
        public_feeds.season_calendar,
        public_pages.choose_language,
        public_pages.privacy,
        public_pages.accessibility,
        public_pages.problems,
        public_pages.problem,
        public_pages.robots,
        public_pages.favicon,
    ],
    include_in_schema=False,
    request_max_body_size=FORM_BYTES,
)
