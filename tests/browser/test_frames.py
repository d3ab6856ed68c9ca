"""What the scanner reads of tickets that are hard to see: 32 of the 240 frames of `make bench`."""

import pytest
from playwright.async_api import Browser

from bench import eyes
from bench.frames import CODE, frames


@pytest.fixture(scope="module")
async def seen(browser: Browser) -> list[eyes.Seen]:
    """One frame of each fault at the second and at the fourth of five strengths, each looked at once."""
    async with eyes.scanner(browser) as page:
        pictures = await eyes.pictures(page)
        assert {picture.width for _, picture in pictures} == {8 * (4 + CODE + 4)}  # the border of ISO/IEC 18004 §6.3.8
        return await eyes.look(page, frames(pictures, each=1, strengths=(2, 4)))


def test_what_is_hard_to_see_is_read_as_it_is_or_not_at_all(seen: list[eyes.Seen]) -> None:
    told = "\n".join(["", *eyes.table(seen)])
    assert len(seen) == 32
    assert not any(one.wrong for one in seen), told
    assert eyes.share(seen) >= 0.6, told


@pytest.mark.parametrize("fault", ["inverted", "turned", "small", "cut border"])
def test_some_faults_stop_nobody(seen: list[eyes.Seen], fault: str) -> None:
    """White on black, any way up, 90 pixels wide, with a border of two modules or of half a one."""
    assert eyes.share([one for one in seen if one.frame.fault == fault]) == 1
