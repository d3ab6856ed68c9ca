"""The merge is a function of the set of reads: order and resends change nothing (product.md rule 10)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from workshops.merge import Read, Word, merge

START = datetime(2027, 1, 12, 8, tzinfo=UTC)
SECONDS = st.integers(0, 40)
LETS_IN = {Word.ADMITTED, Word.ADMITTED_AFTER_CANCEL}
CALLERS = st.sampled_from(["device:a", "device:b", "token:c"])


@st.composite
def reads(draw: st.DrawFn) -> list[Read]:
    """Up to ten reads of three callers within 40 s, and undos of any of them, by their own caller or another."""
    made = [
        Read(
            START + timedelta(seconds=draw(SECONDS)),
            draw(st.integers(0, 2)),
            f"r{number}",
            draw(CALLERS),
            draw(st.booleans()) or number < 2,
            replaced=draw(st.booleans()),
            after_cancel=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 10)))
    ]
    undos = [
        Read(
            START + timedelta(seconds=draw(SECONDS)),
            number,
            f"u{number}",
            draw(CALLERS),
            undoes=draw(st.sampled_from(made)).id,
        )
        for number in range(draw(st.integers(0, 4)) if made else 0)
    ]
    return made + undos


@settings(max_examples=200, deadline=None)
@given(reads(), st.randoms(use_true_random=False))
def test_order_and_resends_change_nothing(sent: list[Read], chance) -> None:  # type: ignore[no-untyped-def]
    """50 times each, which makes 10,000 shuffles."""
    whole = merge(sent)
    for _ in range(50):
        again = sent + chance.sample(sent, len(sent) // 2)
        chance.shuffle(again)
        assert merge(again) == whole


@settings(max_examples=300, deadline=None)
@given(reads())
def test_the_earliest_read_that_stands_lets_in_and_no_other(sent: list[Read]) -> None:
    merged = merge(sent)
    undone = {(read.caller, read.undoes) for read in sent if read.undoes}
    standing = sorted(r for r in sent if not r.undoes and r.counts and (r.caller, r.id) not in undone)
    assert merged.first == (standing[0] if standing else None)
    assert [name for name, word in merged.words.items() if word in LETS_IN] == [r.id for r in standing[:1]]
    assert set(merged.words) == {read.id for read in sent if not read.undoes}


@settings(max_examples=300, deadline=None)
@given(reads())
def test_undoing_the_first_makes_the_next_one_first(sent: list[Read]) -> None:
    first = merge(sent).first
    if first is None:
        return
    undo = Read(START, 0, "undo", first.caller, undoes=first.id)
    assert merge([*sent, undo]).first == merge([read for read in sent if read.id != first.id]).first
    assert merge([*sent, undo]).words[first.id] is Word.UNDONE


def at(seconds: float, name: str, caller: str = "device:a", counts: bool = True) -> Read:
    return Read(START + timedelta(seconds=seconds), 0, name, caller, counts)


def test_a_repeat_is_the_same_caller_within_ten_seconds() -> None:
    words = merge([at(0, "1"), at(10, "2"), at(19, "3"), at(30, "4"), at(31, "5", "device:b")]).words
    same, other = Word.DUPLICATE_SAME_PHONE, Word.DUPLICATE_OTHER_PHONE
    assert list(words.values()) == [Word.ADMITTED, Word.REPEAT, Word.REPEAT, same, other]


def test_what_was_refused_lets_nobody_in_and_an_undo_is_its_callers_own() -> None:
    foreign = Read(START, 0, "u", "device:b", undoes="2")
    merged = merge([at(0, "1", counts=False), at(5, "2"), foreign])
    assert merged.first == at(5, "2")
    assert merged.words == {"1": Word.REFUSED, "2": Word.ADMITTED}


def test_an_old_ticket_lets_nobody_in_and_a_place_given_back_is_said() -> None:
    old = Read(START, 0, "1", "device:a", counts=False, replaced=True)
    late = Read(START + timedelta(seconds=5), 0, "2", "device:b", after_cancel=True)
    merged = merge([late, old])
    assert merged.first == late
    assert merged.words == {"1": Word.REPLACED_TICKET, "2": Word.ADMITTED_AFTER_CANCEL}


def test_reads_of_one_moment_count_as_their_reader_numbered_them() -> None:
    later, sooner = Read(START, 2, "a", "device:a"), Read(START, 1, "z", "device:a")
    assert merge([later, sooner]).words == {"z": Word.ADMITTED, "a": Word.REPEAT}
