"""What exhibitors have said to their invitation, and what one of them would like its public page to say."""

import json
from datetime import timedelta

from workshops.demo.calendar import Kind
from workshops.demo.rows import Draw, Row

INVITED_BEFORE, ANSWERED_AFTER = timedelta(days=9), timedelta(days=2)
DECLINED_WHY = "Nous n’avons personne ce jour-là. Nous viendrons volontiers à la prochaine."
PREREQUISITES = "Aucun diplôme demandé. Des chaussures fermées suffisent, le reste est prêté."
NOTHING: Row = dict.fromkeys(("invited_at", "answer", "answered_at", "answer_why", "proposal", "proposed_at"))


def answer(kind: Kind, position: int, workshop: Row, draw: Draw) -> Row:
    """The columns that say it. Of those that are not ready one in three declines, the others say nothing yet."""
    invited, waits = draw.start - INVITED_BEFORE, workshop["status"] == "draft"
    if waits and position % 3:
        return {"invited_at": invited}
    said: Row = {"invited_at": invited, "answered_at": invited + ANSWERED_AFTER}
    if waits:
        return said | {"answer": "declined", "answer_why": DECLINED_WHY}
    if kind is Kind.PUBLISHED and position == 3:
        wanted = {"openings": 4, "prerequisites": PREREQUISITES}
        proposal = {"exhibitor": workshop["exhibitor"], "changes": wanted, "refused": None}
        said |= {"proposal": json.dumps(proposal, ensure_ascii=False), "proposed_at": draw.start - timedelta(hours=5)}
    return said | {"answer": "confirmed"}
