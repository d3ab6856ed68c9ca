"""What an exhibitor's pages show, by its link, by its account, or to its organiser: same pages, other addresses."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from litestar import Request, Response

from workshops.actors import Staff
from workshops.descriptions import FIELDS, Description
from workshops.errors import Fault
from workshops.i18n import translate
from workshops.jobs import job, search
from workshops.routes import wording
from workshops.routes.forms import Form
from workshops.routes.pages import locale_of, page, personal
from workshops.stand_links import Exhibitor
from workshops.stands import Stand, StandDay, led_day, own_day, training_bodies

Asked = Request[Any, Any, Any]
DONE = ("confirmed", "declined", "saved", "waiting", "ready", "withdrawn")
TYPED = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Whose pages, for whom, and the address that theirs begin with."""

    actor: Exhibitor | Staff
    event: str
    exhibitor: str
    base: str
    staff: Staff | None = None

    @property
    def is_own(self) -> bool:
        """Whether the exhibitor itself reads them, not its organiser."""
        return isinstance(self.actor, Exhibitor)

    async def day(self) -> StandDay:
        """The exhibitor's day. Raises NotFound."""
        if isinstance(self.actor, Exhibitor):
            return await own_day(self.actor)
        return await led_day(self.event, self.exhibitor, self.actor)

    def page(self, name: str, request: Asked, *, status: int = 200, **context: Any) -> Response[Any]:
        """The page `templates/pages/stand/<name>` in the frame of its reader; it stays in no cache."""
        frame = "pages/office/layout.html" if self.staff else "pages/stand/frame.html"
        shown: dict[str, Any] = {
            "frame": frame,
            "base": self.base,
            "own": self.is_own,
            "staff": self.staff,
            "wording": wording,
        }
        if request.method == "POST":
            shown["here"] = self.base
        return page(f"stand/{name}", request, status=status, headers=personal(request), **(shown | context))


async def show_day(request: Asked, place: Place, *, status: int = 200, **context: Any) -> Response[Any]:
    """The day: where and when, will you come, your workshops, who agreed to be contacted."""
    day = context.pop("day", None) or await place.day()
    shown: dict[str, Any] = {"done": done(request), "errors": [], "typed": {}, "job": job}
    return place.page("day.html", request, status=status, day=day, **(shown | context))


async def show_workshop(
    request: Asked, place: Place, workshop: str, *, status: int = 200, errors: Iterable[Fault] = ()
) -> Response[Any]:
    """One workshop: what residents read or will read, what is missing, how many come."""
    day = await place.day()
    stand, bodies = day.stand(workshop), await training_bodies()
    missing = stand.draft.lacks("title", "rome_code", "description")
    return place.page(
        "workshop.html",
        request,
        status=status,
        day=day,
        stand=stand,
        shown=as_residents_read(day, stand, stand.draft, bodies),
        missing=missing,
        done=done(request),
        errors=wording.errors_in(errors, locale_of(request)),
        changes=changes_of(stand, bodies, locale_of(request)),
    )


async def show_form(
    request: Asked, place: Place, workshop: str, form: Form | None = None, *, status: int = 200, **context: Any
) -> Response[Any]:
    """The form of a workshop's page: as it stands, or as it was filled in."""
    day = await place.day()
    stand, bodies = day.stand(workshop), await training_bodies()
    start = stand.draft if place.is_own else stand.page
    typed = {name: form.one(name) for name in FIELDS} if form else shown_fields(start)
    asked = form.one("job") if form else ""
    shown: dict[str, Any] = {"errors": [], "searched": False, "stale": []}
    return place.page(
        "form.html",
        request,
        status=status,
        day=day,
        stand=stand,
        typed=typed,
        asked=asked,
        version=stand.version,
        jobs=job_options(typed["rome_code"], asked or ("" if typed["rome_code"] else typed["title"])),
        bodies=[{"value": "", "label": "–"}, *({"value": one, "label": name} for one, name in bodies.items())],
        waits=place.is_own and stand.is_public,
        **(shown | context),
    )


def shown_fields(description: Description) -> dict[str, str]:
    """A page as the fields of its form show it."""
    texts = {name: "" if value is None else str(value) for name, value in asdict(description).items()}
    return texts | {"eco_transition": "true" if description.eco_transition else ""}


def job_options(chosen: str, asked: str) -> list[dict[str, str]]:
    """The jobs to choose from: the one that is chosen, and the nearest to what was asked."""
    found = {code: label for code, label in [(chosen, job(chosen)), *search(asked[:TYPED])] if label}
    return [{"value": code, "label": label} for code, label in found.items()]


def as_residents_read(day: StandDay, stand: Stand, description: Description, bodies: dict[str, str]) -> dict[str, Any]:
    """A workshop as the public page's pieces want it."""
    names = {"exhibitor": day.name, "exhibitor_website": description.website, "stand": stand.stand}
    return asdict(description) | names | {"training_by": bodies.get(description.training_by or "")}


def changes_of(stand: Stand, bodies: dict[str, str], locale: str) -> list[dict[str, str]]:
    """The fields that the proposal changes: {field, before, after} in words."""
    changed = stand.page.changed(stand.draft)
    before, after = _in_words(stand.page, bodies, locale), _in_words(stand.draft, bodies, locale)
    return [{"field": name, "before": before[name], "after": after[name]} for name in changed]


def difference(typed: Form, stand: Stand, bodies: dict[str, str], locale: str) -> list[dict[str, str]]:
    """What the page says now, of the fields that were filled in otherwise: for a form that came too late."""
    now, words = shown_fields(stand.draft), _in_words(stand.draft, bodies, locale)
    return [{"field": name, "after": words[name]} for name in FIELDS if now[name] != typed.one(name).strip()]


def done(request: Asked) -> str:
    """What was just done, as the address tells it; nothing of what it cannot be."""
    told = request.query_params.get("done", "")
    return told if told in DONE else ""


def _in_words(description: Description, bodies: dict[str, str], locale: str) -> dict[str, str]:
    said = shown_fields(description)
    yes, no = translate(locale, "Yes"), translate(locale, "No")
    return said | {
        "rome_code": job(description.rome_code or "") or "",
        "training_by": bodies.get(description.training_by or "", ""),
        "eco_transition": yes if description.eco_transition else no,
    }
