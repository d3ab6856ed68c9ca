"""What staff read for a role and for a browser."""

from workshops.i18n import _, translate
from workshops.tables.people import Role

ROLES = {
    Role.ADVISER: _("Adviser of an agency"),
    Role.ORGANISER: _("Organiser"),
    Role.HOST: _("Host of a hall"),
    Role.EXHIBITOR: _("Exhibitor"),
    Role.DOOR: _("Reception on the day"),
    Role.ADMIN: _("Administrator"),
}
MAY = {
    Role.ADVISER: _("Signs up people whom the agency sends, and sees who came."),
    Role.ORGANISER: _("Plans the days of the agency, and sees everybody who is signed up for them."),
    Role.HOST: _("Answers for the halls of the municipality; sees figures, no names."),
    Role.EXHIBITOR: _("Completes its workshops; sees figures, no names."),
    Role.DOOR: _("Reads tickets on the day."),
    Role.ADMIN: _("Sees and does everything, and looks after accounts."),
}


def role_words(role: str, locale: str) -> str:
    """The name of a role."""
    return translate(locale, ROLES[Role(role)])


def device_words(label: str, locale: str) -> str:
    """A browser as `logins.label` keeps it, in the reader's language."""
    browser, _on, system = label.partition(" on ")
    if system:
        return translate(locale, _("%(browser)s on %(system)s"), {"browser": browser, "system": system})
    return browser or translate(locale, _("A browser that does not say which"))
