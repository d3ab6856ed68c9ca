"""What must be true of a database whatever happened to the processes that wrote it. Each query finds offenders."""

from typing import Any

from workshops.database import fetch

SAME_PERSON = (
    "attendee_key k JOIN attendee_key l ON l.key = k.key AND k.active AND l.active "
    "JOIN registration r ON r.attendee = k.attendee AND r.status = 'confirmed' "
    "JOIN registration q ON q.attendee = l.attendee AND q.status = 'confirmed' AND q.id > r.id "
    "JOIN session s ON s.id = r.session JOIN session t ON t.id = q.session"
)
OFFENDERS = {
    "counters that are not the number of rows": (
        "SELECT id FROM session WHERE "
        + " OR ".join(
            f"{status} <> (SELECT count(*) FROM registration r WHERE r.session = session.id AND r.status = '{status}')"
            for status in ("confirmed", "offered", "waiting")
        )
    ),
    "places kept that are not what the holds keep": (
        "SELECT id FROM session WHERE held <> (SELECT COALESCE(SUM(h.places - h.named), 0) FROM hold h "
        "WHERE h.session = session.id AND h.status = 'active')"
    ),
    "names in a hold that are not its people": (
        "SELECT id FROM hold WHERE status = 'active' AND named <> "
        "(SELECT count(*) FROM registration r WHERE r.hold = hold.id AND r.status <> 'cancelled')"
    ),
    "more places than there are": "SELECT id FROM session WHERE confirmed + offered + held > capacity",
    "two at one place of a waiting list": (
        "SELECT session AS id FROM registration WHERE status = 'waiting' GROUP BY session, position HAVING count(*) > 1"
    ),
    "somebody in two places at once who is not asked to choose": (
        f"SELECT r.id FROM {SAME_PERSON} WHERE s.starts_at < t.ends_at AND t.starts_at < s.ends_at "
        "AND NOT r.must_choose AND NOT q.must_choose"
    ),
    "somebody asked to choose between one place": (
        "SELECT id FROM registration WHERE must_choose AND (status <> 'confirmed' OR id NOT IN "
        f"(SELECT r.id FROM {SAME_PERSON.replace('q.id > r.id', 'q.id <> r.id')} "
        "WHERE s.starts_at < t.ends_at AND t.starts_at < s.ends_at))"
    ),
    "somebody twice at one workshop": f"SELECT r.id FROM {SAME_PERSON} WHERE s.workshop = t.workshop",
    "a person without a ticket": (
        "SELECT id FROM attendee WHERE 1 <> "
        "(SELECT count(*) FROM ticket t WHERE t.attendee = attendee.id AND t.status = 'active')"
    ),
    "a person without their keys": (  # who has no contact is known by name inside an agency, if there is one (rule 2)
        "SELECT id FROM (SELECT id, (CASE WHEN email IS NULL THEN 0 ELSE 1 END) "
        "+ (CASE WHEN phone IS NULL THEN 0 ELSE 1 END) AS contacts, "
        "(SELECT count(*) FROM attendee_key k WHERE k.attendee = attendee.id AND k.active) AS keys FROM attendee) a "
        "WHERE keys <> contacts AND NOT (contacts = 0 AND keys = 1)"
    ),
    "a person without a place": (
        "SELECT id FROM attendee WHERE NOT EXISTS (SELECT 1 FROM registration r WHERE r.attendee = attendee.id)"
    ),
    "a decision with no mail, or with two": (
        "SELECT attendee AS id FROM (SELECT r.attendee, count(m.id) AS mails FROM registration r "
        "JOIN attendee a ON a.id = r.attendee AND a.email IS NOT NULL "
        "LEFT JOIN message m ON m.dedup_key = 'places:' || r.id GROUP BY r.attendee, r.created_at) decision "
        "WHERE mails <> 1"
    ),
    "a day that the public sees before it is published, or no longer": (
        "SELECT id FROM event WHERE status <> 'cancelled' AND (status = 'draft') <> (published_at IS NULL)"
    ),
    "an answer kept before it was given": "SELECT id FROM idempotency_record WHERE status = 0",
}


async def offenders() -> dict[str, list[Any]]:
    """The ids that break each truth; empty when all of them hold."""
    found = {truth: [row["id"] for row in await fetch(query)] for truth, query in OFFENDERS.items()}
    return {truth: ids for truth, ids in found.items() if ids}
