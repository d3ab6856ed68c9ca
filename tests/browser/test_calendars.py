"""What we write, read by ical.js, the parser of Thunderbird: the same words and the same instants."""

from typing import Any

from playwright.async_api import Browser

from tests import calendars
from workshops.settings import ROOT

READ = """ics => {
  const root = new ICAL.Component(ICAL.parse(ics));
  for (const zone of root.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  return root.getAllSubcomponents("vevent").map(component => {
    const event = new ICAL.Event(component, { strictExceptions: true });
    const of = name => component.getFirstPropertyValue(name);
    return {
      method: root.getFirstPropertyValue("method"), uid: event.uid, sequence: event.sequence,
      title: event.summary, location: event.location, status: of("status"),
      start: event.startDate.toJSDate().toISOString(), end: event.endDate.toJSDate().toISOString(),
      organizer: of("organizer"), attendees: event.attendees.map(one => one.getFirstValue()),
      alarms: component.getAllSubcomponents("valarm").length,
    };
  });
}"""


async def test_thunderbirds_parser_reads_what_we_wrote(browser: Browser) -> None:
    context = await browser.new_context(timezone_id="America/New_York")
    try:
        page = await context.new_page()
        await page.add_script_tag(path=ROOT / "node_modules/ical.js/dist/ical.es5.min.cjs")
        found = {name: await page.evaluate(READ, raw.decode()) for name, raw in calendars.objects().items()}
    finally:
        await context.close()
    for local in calendars.HOURS:
        for kind, sequence in (("request", 3), ("update", 4), ("cancel", 5)):
            [event] = found[f"{kind} {local:%Y-%m-%d}"]
            expected: dict[str, Any] = _expected(local, sequence, kind == "cancel")
            expected |= {"method": "CANCEL" if kind == "cancel" else "REQUEST"}
            assert event == expected, kind
    for name, method in (("published", "PUBLISH"), ("feed", None)):
        assert [one["method"] for one in found[name]] == [method] * len(calendars.HOURS)
        hours = sorted(_expected(local, 3, False)["start"] for local in calendars.HOURS)
        assert sorted(one["start"] for one in found[name]) == hours
        assert [one["attendees"] for one in found[name]] == [[]] * len(calendars.HOURS)


def _expected(local: Any, sequence: int, cancelled: bool) -> dict[str, Any]:
    entry = calendars.entry(local)
    return {
        "uid": entry.uid,
        "sequence": sequence,
        "title": entry.title,
        "location": entry.location,
        "status": "CANCELLED" if cancelled else "CONFIRMED",
        "start": f"{entry.start:%Y-%m-%dT%H:%M:%S.000Z}",
        "end": f"{entry.end:%Y-%m-%dT%H:%M:%S.000Z}",
        "organizer": f"mailto:{entry.organizer}",
        "attendees": [f"mailto:{entry.attendee}"],
        "alarms": 0 if cancelled else 1,
    }
