"""What must be true of a database whatever happened to the processes that wrote it. Each query finds offenders."""

from typing import Any

from workshops import database, offers, promotion
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
    "an offer that outlasts the beginning of its slot": (
        "SELECT r.id FROM registration r JOIN session s ON s.id = r.session "
        "WHERE r.status = 'offered' AND r.offered_until > s.starts_at AND s.sequence > 0"
    ),
    "somebody asked to choose whom no change moved": (
        "SELECT id FROM registration WHERE must_choose "
        "AND NOT EXISTS (SELECT 1 FROM change_effect c WHERE c.registration = registration.id)"
    ),
}
PLACES = "registration r JOIN attendee a ON a.id = r.attendee AND a.kind = 'person'"
TO_CALL = "a.called_for IS NOT NULL AND (a.called_at IS NULL OR a.called_at >= {since})"
"""SQL: staff are to telephone, or have telephoned since."""
TOLD = (
    "(SELECT count(*) FROM message m WHERE m.registration = r.id AND m.kind IN ('place_given', 'place_offered') "
    "AND m.created_at >= r.offered_at AND m.state <> 'superseded')"
)
OTHERWISE = (
    "EXISTS (SELECT 1 FROM message m WHERE m.attendee = r.attendee AND m.kind = 'your_places' "
    "AND m.state <> 'superseded' AND (m.created_at >= r.offered_at OR m.sent_at >= r.offered_at))"
)
WAS_UNDONE = (
    "EXISTS (SELECT 1 FROM change_effect c JOIN plan_change p ON p.id = c.plan_change "
    "WHERE c.registration = r.id AND p.undone_at >= r.offered_at)"
)
"""SQL: the place is no longer as it was offered, but as it was before a change that was taken back."""
NOTICES = {
    "a place from the waiting list, and two notices of it": (
        f"SELECT r.id FROM {PLACES} WHERE r.status IN ('confirmed', 'offered') AND r.offered_at IS NOT NULL "
        f"AND {TOLD} > 1"
    ),
    "a place from the waiting list, and no notice of it": (
        f"SELECT r.id FROM {PLACES} WHERE r.status IN ('confirmed', 'offered') AND r.offered_at IS NOT NULL "
        f"AND r.offer <> 'proof' AND {TOLD} = 0 AND NOT {OTHERWISE} "
        f"AND NOT ({TO_CALL.format(since='r.offered_at')}) "
        f"AND NOT (r.status = 'confirmed' AND r.offer <> 'given' AND {WAS_UNDONE})"
    ),
    "an offer that was taken, and not one answer": (
        f"SELECT r.id FROM {PLACES} WHERE r.status = 'confirmed' AND r.offer IN ('place', 'exchange') "
        "AND a.email IS NOT NULL AND 1 <> (SELECT count(*) FROM message m WHERE m.attendee = r.attendee "
        f"AND m.dedup_key LIKE 'accepted:' || r.id || ':%' AND m.created_at >= r.offered_at) AND NOT {WAS_UNDONE}"
    ),
    "an offer that ended, and not one notice of it": (
        f"SELECT r.id FROM {PLACES} WHERE r.status = 'cancelled' AND r.cancelled_why = 'offer_ended' "
        "AND r.offer <> 'proof' AND 1 <> (SELECT count(*) FROM message m "
        "WHERE m.registration = r.id AND m.kind = 'offer_ended' AND m.created_at >= r.offered_at) "
        f"AND NOT ({TO_CALL.format(since='r.cancelled_at')})"
    ),
    "a place that passed on from somebody unreachable whom nobody calls": (
        f"SELECT r.id FROM {PLACES} WHERE r.status = 'cancelled' AND r.cancelled_why = 'unreachable' "
        "AND a.called_for IS NULL"
    ),
    "a change of the plan, and not one notice of it": (
        "SELECT DISTINCT c.attendee AS id FROM change_effect c JOIN attendee a ON a.id = c.attendee "
        "JOIN plan_change p ON p.id = c.plan_change AND p.undone_at IS NULL "
        "WHERE a.kind = 'person' AND c.effect <> 'settled' "
        "AND NOT (p.kind = 'cancel_burst' AND a.doubted_at IS NOT NULL AND a.proved_at IS NULL) "
        "AND CASE WHEN a.email IS NULL AND a.called_for IS NOT NULL THEN 1 "
        "ELSE (SELECT count(*) FROM message m WHERE m.plan_change = c.plan_change AND m.attendee = c.attendee) END <> 1"
    ),
    "a notice of a change that was taken back": (
        "SELECT m.id FROM message m JOIN plan_change p ON p.id = m.plan_change AND p.undone_at IS NOT NULL "
        "WHERE m.state <> 'superseded'"
    ),
}
AT_REST = {
    "a free place beside somebody who waits for it": (
        "SELECT s.id FROM session s JOIN workshop w ON w.id = s.workshop JOIN event e ON e.id = w.event "
        f"WHERE {promotion.CAN_GIVE} AND s.starts_at > {{}}"
    ),
}
"""What is true whenever the worker has looked at the clock: a busy moment may leave a place to it (see `promotion`)."""


async def offenders(*, at_rest: bool = True) -> dict[str, list[Any]]:
    """The ids that break each truth; empty when all of them hold. Not `at_rest`: while others are at work."""
    queries, values = OFFENDERS | NOTICES, []
    if at_rest:
        queries, values = queries | AT_REST, [database.utcnow() + offers.LAST]
    truths = list(queries)
    found: dict[str, list[Any]] = {}
    asked = (f"SELECT {number} AS truth, id FROM ({queries[truth]}) q{number}" for number, truth in enumerate(truths))
    for row in await fetch(" UNION ALL ".join(asked), *values):
        found.setdefault(truths[row["truth"]], []).append(row["id"])
    return found
