"""The pages of signing in, as a browser meets them: no fixation, no forged form, no way to another site, no trace."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import structlog

from tests.colleagues import ELSEWHERE, PASSWORD, Colleague, colleague, signed_in
from tests.routes.conftest import ADDRESS
from tests.visitor import Page, Visitor
from workshops import account_links, letters, passwords, settings, totp
from workshops.access import staff_cookie
from workshops.app import application
from workshops.database import Engine, fetch, utcnow
from workshops.tables.people import Role

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
OTHER_SITES = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\r\nLocation: https://evil.example",
    "https://evil.example",
    "HTTPS:evil.example",
    "javascript:alert(1)",
    "evil.example",
    " //evil.example",
    "/é",
    "",
]


async def come_in(visitor: Visitor, who: Colleague, now: datetime | None = None, *, path: str = "/sign-in") -> Page:
    """Sign in on the pages."""
    page = await visitor.press(await visitor.open(path), "Me connecter", email=who.email, password=PASSWORD)
    return await visitor.press(page, "Continuer", code=who.code(now)) if who.secret else page


def token(visitor: Visitor) -> str:
    """What the browser holds."""
    return visitor.client.cookies.get(staff_cookie()) or ""


async def test_somebody_signs_in_with_both_and_comes_to_what_they_asked_for(visitor: Visitor) -> None:
    who = await colleague(Role.ADMIN)
    page = await visitor.open("/office/accounts")
    assert page.path == "/sign-in?next=/office/accounts"
    page = await visitor.press(page, "Me connecter", email=who.email, password=PASSWORD)
    assert page.path == "/sign-in/code?next=/office/accounts"
    assert (await visitor.open("/office")).path.startswith("/sign-in/code")  # a password alone opens nothing
    page = await visitor.press(page, "Continuer", code=who.code())
    assert (page.status, page.path) == (200, "/office/accounts")
    assert (await visitor.open("/sign-in?next=/account")).path == "/account"
    assert page.answer.headers["cache-control"] == "no-store"


async def test_what_is_missing_or_wrong_is_said_and_the_address_is_kept(visitor: Visitor) -> None:
    who = await colleague()
    page = await visitor.press(await visitor.open("/sign-in"), "Me connecter")
    assert (page.status, "Écrivez votre mot de passe." in page.text) == (422, True)
    page = await visitor.press(page, "Me connecter", email=who.email, password="not this one")
    assert (page.status, "ne vont pas ensemble" in page.text) == (422, True)
    assert ("email", who.email) in page.forms[1].fields
    assert "not this one" not in page.html
    page = await visitor.press(page, "Me connecter", password=PASSWORD)
    page = await visitor.press(page, "Continuer")
    assert (page.status, "Écrivez le code." in page.text) == (422, True)
    page = await visitor.press(page, "Continuer", code="000000")
    assert (page.status, "pas le bon" in page.text) == (422, True)
    page = await visitor.press(page, "Me connecter avec une autre adresse")
    assert (page.path, token(visitor)) == ("/sign-in", "")


async def test_no_token_outlives_a_step(visitor: Visitor) -> None:
    who = await colleague()
    visitor.client.cookies.set(staff_cookie(), "chosen by somebody else", domain="127.0.0.1")
    held = [token(visitor)]
    page = await visitor.press(await visitor.open("/sign-in"), "Me connecter", email=who.email, password=PASSWORD)
    held.append(token(visitor))
    page = await visitor.press(page, "Continuer", code=who.code())
    assert page.path == "/office"
    held.append(token(visitor))
    page = await visitor.open("/account/password")
    page = await visitor.press(page, "Enregistrer", current=PASSWORD, password="sabot lanterne vélo perron")
    held.append(token(visitor))
    assert len(set(held)) == 4
    for old in held[:-1]:
        answer = await bare(old).get("/office")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/office")
    assert (await bare(held[-1]).get("/office")).status_code == 200
    kept = str(await fetch("SELECT * FROM login"))
    assert not [one for one in held if one in kept]


def bare(held: str) -> httpx.AsyncClient:
    """A browser with this token, which follows nothing."""
    transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, cookies={staff_cookie(): held})


@pytest.mark.parametrize(
    "foreign",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_of_another_site_is_refused(visitor: Visitor, foreign: dict[str, str]) -> None:
    who = await colleague()
    kind = {"Content-Type": FORM["Content-Type"]}
    body = f"email={who.email}&password={PASSWORD.replace(' ', '+')}"
    answer = await visitor.client.post("/sign-in", content=body, headers={**kind, **foreign})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert await fetch("SELECT id FROM login") == []
    await come_in(visitor, who)
    for path in ("/sign-out", "/account/sign-out-everywhere", "/account/password", "/account/details"):
        answer = await visitor.client.post(path, content="", headers={**kind, **foreign})
        assert answer.status_code == 403
    assert (await visitor.open("/office")).path == "/office"


async def test_nothing_happens_by_a_link(visitor: Visitor) -> None:
    who = await colleague()
    await come_in(visitor, who)
    for path in ("/sign-out", "/account/sign-out-everywhere"):
        assert (await visitor.client.get(path)).status_code == 405
    assert (await visitor.open("/office")).path == "/office"


@pytest.mark.parametrize("there", OTHER_SITES)
async def test_signing_in_leads_to_no_other_site(visitor: Visitor, there: str) -> None:
    who = await colleague(Role.HOST, app=False)
    form = {"email": who.email, "password": PASSWORD, "next": there}
    answer = await visitor.client.post("/sign-in", data=form, headers=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office")
    answer = await visitor.client.get("/sign-in", params={"next": there})
    assert (answer.status_code, answer.headers["location"]) == (303, "/office")


async def test_a_next_step_that_is_not_ours_is_dropped_at_the_end(visitor: Visitor) -> None:
    who = await colleague()
    page = await come_in(visitor, who, path="/sign-in?next=//evil.example")
    assert (page.path, page.answer.url.host) == ("/office", "127.0.0.1")


@pytest.mark.parametrize("there", ["/sign-in/code", "/sign-in", "/sign-out", "/sign-in/second-factor?next=/x"])
async def test_the_way_in_does_not_lead_to_itself(visitor: Visitor, there: str) -> None:
    await come_in(visitor, await colleague())
    assert (await visitor.open(f"/sign-in?next={there}")).path == "/office"
    assert (await visitor.open("/sign-in/code")).path == "/office"


async def test_the_pages_tell_nobody_who_has_an_account(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    known, closed, invited = await colleague(), await colleague(closed_at=utcnow()), await colleague(password=None)
    hashed: list[str] = []
    verify = passwords._verify

    def counted(stored: str, password: str) -> bool:
        hashed.append("$".join(stored.split("$")[:4]))
        return verify(stored, password)

    monkeypatch.setattr(passwords, "_verify", counted)
    addresses = (known.email, closed.email, invited.email, "nobody@example.org")
    for path, fields in (("/sign-in", {"password": "wrong"}), ("/password", {})):
        answers = set()
        for email in addresses:
            hashed.clear()
            answer = await visitor.client.post(path, data={"email": email, **fields}, headers=FORM)
            told = answer.text.replace(email, "somebody@example.org")
            kept = {name: value for name, value in answer.headers.items() if name not in ("x-request-id",)}
            kept.pop("content-length")
            answers.add((answer.status_code, told, str(kept), tuple(hashed)))
        assert len(answers) == 1, path


async def test_too_many_tries_are_told_with_the_time_to_wait(visitor: Visitor) -> None:
    who = await colleague()
    form = {"email": who.email, "password": "wrong"}
    for _ in range(5):
        assert (await visitor.client.post("/sign-in", data=form, headers=FORM)).status_code == 422
    answer = await visitor.client.post("/sign-in", data={**form, "password": PASSWORD}, headers=FORM)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert "Vous pourrez réessayer dans 15\u00a0minutes" in answer.text.replace(" minutes", "\u00a0minutes")
    transport = httpx.ASGITransport(app=application(), client=("203.0.113.5", 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as elsewhere:
        answer = await elsewhere.post("/sign-in", data={**form, "password": PASSWORD}, headers=FORM)
        assert answer.status_code == 303


async def test_a_browser_that_has_signed_in_before_is_not_kept_out_by_its_network(visitor: Visitor) -> None:
    who, now = await colleague(), datetime.now(UTC)
    await come_in(visitor, who, now)
    await visitor.press(await visitor.open("/account"), "Se déconnecter")
    for _ in range(8):  # somebody beside them, without their browser
        await bare("").post("/sign-in", data={"email": who.email, "password": "wrong"}, headers=FORM)
    answer = await bare("").post("/sign-in", data={"email": who.email, "password": PASSWORD}, headers=FORM)
    assert answer.status_code == 429
    page = await come_in(visitor, who, now + timedelta(seconds=30))
    assert page.path == "/office"
    visitor.client.cookies.delete("known")
    visitor.client.cookies.set("known", f"{who.id}.forged.signature", domain="127.0.0.1")
    await visitor.press(page, "Se déconnecter")
    page = await visitor.press(await visitor.open("/sign-in"), "Me connecter", email=who.email, password=PASSWORD)
    assert page.status == 429


async def test_too_many_at_once_are_told_to_come_back(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    who = await colleague()
    monkeypatch.setattr(passwords, "MOST_WAITING", -passwords.AT_ONCE)
    form = {"email": who.email, "password": PASSWORD}
    answer = await visitor.client.post("/sign-in", data=form, headers=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert "Beaucoup de personnes se connectent" in answer.text


async def test_the_first_time_the_app_is_set_up_and_the_codes_are_shown_once(visitor: Visitor) -> None:
    who = await colleague(app=False)
    page = await visitor.press(await visitor.open("/sign-in"), "Me connecter", email=who.email, password=PASSWORD)
    assert page.path == "/sign-in/second-factor"
    assert (await visitor.open("/office")).path.startswith("/sign-in/second-factor")
    page = await visitor.press(await visitor.open("/sign-in/second-factor"), "Continuer", code="000000")
    assert page.status == 422
    (key,) = re.findall(r'class="secret">([A-Z2-7 ]+)<', page.html)
    secret = key.replace(" ", "")
    assert page.answer.headers["cache-control"] == "no-store"
    page = await visitor.press(page, "Continuer", code=totp.next_code(secret, datetime.now(UTC)))
    codes = re.findall(r"<li>([0-9a-z-]{19})</li>", page.html)
    assert (page.status, len(codes), page.answer.headers["cache-control"]) == (200, 10, "no-store")
    assert (await visitor.open("/office")).path == "/office"
    await visitor.press(await visitor.open("/account"), "Se déconnecter")
    page = await visitor.press(await visitor.open("/sign-in"), "Me connecter", email=who.email, password=PASSWORD)
    page = await visitor.open("/sign-in/code?recovery=1")
    page = await visitor.press(page, "Continuer", code=codes[0].upper())
    assert page.path == "/office"
    assert "9 codes de secours" in (await visitor.open("/account")).text


async def test_a_link_lets_choose_a_password_and_the_next_page_says_it_is_used(visitor: Visitor) -> None:
    who = await colleague()
    await account_links.forgot(who.email, "192.0.2.1")
    (row,) = await fetch("SELECT * FROM message")
    notice = await letters.load(row)
    assert isinstance(notice, letters.Notice)
    path = notice.shown["link"].removeprefix(settings.settings().public_url)
    page = await visitor.open(path)
    assert page.answer.headers["cache-control"] == "no-store"
    page = await visitor.press(page, "Enregistrer", password="motdepasse1234")
    assert (page.status, "facile à deviner" in page.text) == (422, True)
    page = await visitor.press(page, "Enregistrer", password="sabot lanterne vélo perron")
    assert page.path == "/sign-in/code"
    page = await visitor.press(page, "Continuer", code=who.code())
    assert page.path == "/office"
    page = await visitor.open(path)
    assert (page.status, "/password" in page.links) == (410, True)
    assert (await visitor.open("/invitation/" + path.rpartition("/")[2])).status == 404


async def test_no_log_holds_who_signs_in_or_with_what(visitor: Visitor) -> None:
    who = await colleague(email="zoe.lefevre@example.org")
    with structlog.testing.capture_logs() as logs:
        await visitor.press(await visitor.open("/sign-in"), "Me connecter", email=who.email, password="wrong")
        code = who.code()
        await come_in(visitor, who)
        page = await visitor.open("/account/password")
        await visitor.press(page, "Enregistrer", current=PASSWORD, password="sabot lanterne vélo perron")
        await visitor.press(await visitor.open("/password"), "Recevoir", email=who.email)
    told = str(logs)
    assert len(logs) > 8
    for secret in (who.email, "zoe", PASSWORD, "sabot", code, who.secret, token(visitor), "127.0.0.1"):
        assert secret not in told, secret


async def test_cookies_are_for_our_own_pages_alone(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces(answer: httpx.Response, name: str) -> set[str]:
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")]
        return {part.strip().lower() for part in cookie.split(";")[1:]}

    who = await colleague(Role.HOST, app=False)
    form = {"email": who.email, "password": PASSWORD}
    answer = await visitor.client.post("/sign-in", data=form, headers=FORM)
    for name in ("staff", "known"):
        assert {"httponly", "samesite=lax", "path=/"} <= pieces(answer, name)
    monkeypatch.setenv("PUBLIC_URL", "https://ateliers.example.org")
    settings.settings.cache_clear()
    try:
        transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="https://ateliers.example.org") as secure:
            answer = await secure.post("/sign-in", data=form, headers=FORM)
            for name in ("__Host-staff", "__Host-known"):
                assert {"secure", "httponly", "samesite=lax", "path=/"} <= pieces(answer, name)
            answer = await secure.post("/sign-out", headers=FORM)
            assert {"secure", "max-age=0"} <= pieces(answer, "__Host-staff")
            assert secure.cookies.get("__Host-staff") is None
    finally:
        monkeypatch.undo()
        settings.settings.cache_clear()


async def test_one_s_own_account_is_looked_after_on_its_page(visitor: Visitor) -> None:
    who, now = await colleague(), datetime.now(UTC)
    await come_in(visitor, who, now)
    await signed_in(who, ELSEWHERE, now + timedelta(seconds=30))
    page = await visitor.open("/account")
    assert "Chrome sous Android" in page.text
    page = await visitor.press(page, "Déconnecter Chrome")
    assert ("Cet appareil est déconnecté" in page.text, "Chrome sous Android" in page.text) == (True, False)
    page = await visitor.press(page, "Enregistrer", name="Zoé", locale="en")
    assert (page.status, "Your name and language are kept." in page.text) == (200, True)
    assert (await visitor.press(page, "Save", name=" ", locale="en")).status == 422
    page = await visitor.press(page, "Sign out everywhere")
    assert (page.path, (await visitor.open("/account")).path) == ("/sign-in", "/sign-in?next=/account")


async def test_the_demo_s_logins_exist_in_the_demo_only(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    from workshops import demo

    await demo.load(seed=1, events=3)
    page = await visitor.press(await visitor.open("/dev/logins"), "Me connecter Camille Fontaine")
    assert page.path == "/office"
    answer = await visitor.client.post("/dev/logins", data={"email": "x@example.org"}, headers=FORM)
    assert answer.status_code == 404
    monkeypatch.setenv("DEBUG", "")
    settings.settings.cache_clear()
    try:
        from workshops.app import create_app

        assert not [route.path for route in create_app().routes if route.path.startswith("/dev")]
    finally:
        monkeypatch.undo()
        settings.settings.cache_clear()


async def test_a_malformed_form_is_refused(visitor: Visitor, db: Engine) -> None:
    for path in ("/sign-in", "/password", "/invitation/AAAAAAAAAAAAAAAAAAAAAAAAAA"):
        answer = await visitor.client.post(path, content=b"email=%ff\xff", headers=FORM)
        assert answer.status_code in (400, 404)
    assert await fetch("SELECT id FROM login") == await fetch("SELECT id FROM message") == []
