"""What a phone's camera sees of a ticket when it is hard to see: 16 faults, each in 5 strengths, 1280 × 720, grey.

Every frame starts from a picture as it is sent or shown, with the border that is in it, on paper or on the dark page of
a mail program, a little askew, a little out of focus, a little noisy; then comes its fault. Strength 5 is meant to be
past what can be read. The same seed gives the same frames.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

WIDTH, HEIGHT = 1280, 720
STRENGTHS = (1, 2, 3, 4, 5)
CODE = 29
"""Modules along a side of a ticket's code, without its border (tests/test_tickets.py)."""
DARK_PAGE, PAPER = 0.09, 0.92

YS, XS = np.ogrid[-HEIGHT / 2 : HEIGHT / 2, -WIDTH / 2 : WIDTH / 2]
"""Each pixel's place from the middle."""
CELL = 20
"""Pixels of a frame, along both sides, within which what is bent counts as flat."""
Grey = NDArray[np.float64]
"""From 0, black, to 1, white."""
Points = NDArray[np.float64]
Random = np.random.Generator


@dataclass(slots=True)
class Scene:
    """A picture and how it lies before the camera, before there are pixels of a camera."""

    picture: Image.Image
    page: float
    side: float = 300
    """Of the picture with its border, in pixels of the frame."""
    angle: float = 0
    tilt: float = 0
    bend: float = 0
    fold: float = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What the camera gives, 720 rows of 1280 bytes, and what is held before it."""

    fault: str
    strength: int
    text: str
    grey: NDArray[np.uint8]


def frames(
    pictures: list[tuple[str, Image.Image]], each: int = 3, seed: int = 1, strengths: Sequence[int] = STRENGTHS
) -> Iterator[Frame]:
    """`each` frames of every fault and strength, of these texts and pictures in turn."""
    at = 0
    for fault in FAULTS:
        for strength in strengths:
            for turn in range(each):
                text, picture = pictures[at % len(pictures)]
                random = np.random.default_rng([seed, list(FAULTS).index(fault), strength, turn])
                yield Frame(fault, strength, text, _frame(picture, fault, (strength - 1) / 4, random))
                at += 1


def _frame(picture: Image.Image, fault: str, much: float, random: Random) -> NDArray[np.uint8]:
    page = DARK_PAGE if random.random() < 0.5 else PAPER
    scene = Scene(picture.convert("L"), page, angle=random.uniform(-12, 12), tilt=8)
    before, after = FAULTS[fault]
    before(scene, much, random)
    seen = after(0.06 + 0.8 * _blur(_seen(scene, random), 0.6), much, random)
    seen = seen + random.normal(0, 0.012, seen.shape)
    return (np.clip(seen, 0, 1) * 255).round().astype(np.uint8)


def _seen(scene: Scene, random: Random) -> Grey:
    """The scene in the middle of a frame, taken at twice its size and made smaller, as a lens does."""
    size = max(64, min(scene.picture.width, round(2 * scene.side)))
    small = scene.picture.resize((size, size), Image.Resampling.BOX)
    right, down = random.uniform(-60, 60), random.uniform(-40, 40)
    ys, xs = np.mgrid[-HEIGHT / 2 : HEIGHT / 2 + 1 : CELL, -WIDTH / 2 : WIDTH / 2 + 1 : CELL]
    u, v = (size * along for along in _on_picture(scene, xs - right, ys - down))
    cells = []
    for row, column in np.ndindex(HEIGHT // CELL, WIDTH // CELL):
        box = (2 * CELL * column, 2 * CELL * row, 2 * CELL * (column + 1), 2 * CELL * (row + 1))
        corners = ((row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1))
        seen = [float(along[corner]) for corner in corners for along in (u, v)]
        if min(seen[::2]) < size and min(seen[1::2]) < size and max(seen[::2]) > 0 and max(seen[1::2]) > 0:
            cells.append((box, seen))
    twice, page = (2 * WIDTH, 2 * HEIGHT), round(255 * scene.page)
    light = small.transform(twice, Image.Transform.MESH, cells, Image.Resampling.BILINEAR, fillcolor=page)
    return _grey(light.reduce(2))


def _on_picture(scene: Scene, x: Points, y: Points) -> tuple[Points, Points]:
    """Where on the picture, from 0 to 1, the points of the frame look at: tilted in space, turned, bent, folded."""
    turned, tilted, far = np.radians(scene.angle), np.radians(scene.tilt), 900.0
    deep = np.maximum(far * np.cos(tilted) - y * np.sin(tilted), 1) / far
    x, y = x * np.cos(tilted) / deep, y / deep
    x, y = x * np.cos(turned) + y * np.sin(turned), y * np.cos(turned) - x * np.sin(turned)
    u, v = x / scene.side, y / scene.side
    if scene.bend:
        u = np.arcsin(np.clip(2 * u * np.sin(scene.bend), -1, 1)) / (2 * scene.bend)
    bump = np.abs((u * 3 + 0.6 * v) % 1 - 0.5)
    return u + 0.5 + 0.05 * scene.fold * bump, v + 0.5 + 0.1 * scene.fold * bump


def _blur(grey: Grey, sigma: float) -> Grey:
    picture = Image.fromarray((np.clip(grey, 0, 1) * 255).astype(np.uint8))
    return _grey(picture.filter(ImageFilter.GaussianBlur(sigma)))


def _grey(picture: Image.Image) -> Grey:
    return np.asarray(picture, float) / 255


def _nothing(scene: Scene, much: float, random: Random) -> None:
    """Lies as it lies."""


def _as_seen(grey: Grey, much: float, random: Random) -> Grey:
    return grey


def _turned(scene: Scene, much: float, random: Random) -> None:
    scene.angle = random.uniform(0, 360)
    scene.side = 300 - 140 * much


def _tilted(scene: Scene, much: float, random: Random) -> None:
    scene.tilt, scene.angle = 30 + 40 * much, random.uniform(0, 360)


def _small(scene: Scene, much: float, random: Random) -> None:
    scene.side = 160 - 90 * much


def _inverted(scene: Scene, much: float, random: Random) -> None:
    """As a dark page shows it that turns pictures round: the border is dark, the modules are white."""
    scene.picture, scene.page = ImageOps.invert(scene.picture), DARK_PAGE
    scene.side, scene.angle = 300 - 150 * much, random.uniform(-30, 30)


def _cut(scene: Scene, much: float, random: Random) -> None:
    """On a dark page, of the white border only 3 modules down to none is left."""
    left, top, right, bottom = ImageOps.invert(scene.picture).getbbox() or (0, 0, 0, 0)
    kept = round((3, 2, 1, 0.5, 0)[round(much * 4)] * (bottom - top) / CODE)
    cut = max(0, left - kept), max(0, top - kept), right + kept, bottom + kept
    scene.side *= (cut[2] - cut[0]) / scene.picture.width
    scene.picture, scene.page = scene.picture.crop(cut), DARK_PAGE


def _creased(scene: Scene, much: float, random: Random) -> None:
    scene.fold, scene.page = 0.2 + 0.8 * much, PAPER


def _bent(scene: Scene, much: float, random: Random) -> None:
    scene.bend = np.radians(25 + 55 * much)


def _out_of_focus(grey: Grey, much: float, random: Random) -> Grey:
    return _blur(grey, 2 + 3 * much)


def _moved(grey: Grey, much: float, random: Random) -> Grey:
    length, angle = 5 + 15 * much, random.uniform(0, np.pi)
    steps = [np.linspace(-0.5, 0.5, 13) * length * part(angle) for part in (np.cos, np.sin)]
    moved = [np.roll(grey, (round(y), round(x)), (0, 1)) for x, y in zip(*steps, strict=True)]
    return np.asarray(np.mean(moved, axis=0))


def _in_the_dark(grey: Grey, much: float, random: Random) -> Grey:
    """A fifth of the light down to a twenty-fifth: what comes of each dot comes in few pieces."""
    return np.asarray(random.poisson(grey * 0.2 * 0.2**much * 400) / 400)


def _faint(grey: Grey, much: float, random: Random) -> Grey:
    return np.asarray(0.55 + (grey - 0.5) * 0.3 * 0.25**much)


def _dazzled(grey: Grey, much: float, random: Random) -> Grey:
    """A lamp on the glass: its spot is white, and it greys what is round it."""
    distance = _distance(random.uniform(-90, 90), random.uniform(-90, 90))
    spot = 25 + 75 * much
    return grey + 1.2 * np.exp(-((distance / spot) ** 4)) + 0.35 * np.exp(-((distance / (3 * spot)) ** 2))


def _dirty(grey: Grey, much: float, random: Random) -> Grey:
    grey = grey.copy()
    for _ in range(round(3 + 27 * much)):
        stain = _distance(random.uniform(-150, 150), random.uniform(-150, 150)) < random.uniform(4, 14)
        grey[stain] = random.choice([0.1, 0.35, 0.8])
    return grey


def _on_a_screen(grey: Grey, much: float, random: Random) -> Grey:
    """The screen's rows and columns beat with the camera's, and its bands of light roll."""
    near, angle = random.uniform(0.04, 0.16), random.uniform(0, np.pi)
    beat = np.sin(2 * np.pi * near * (XS * np.cos(angle) + YS * np.sin(angle)))
    other = np.sin(2 * np.pi * near * 0.8 * (YS * np.cos(angle) - XS * np.sin(angle)))
    bands = np.sin(2 * np.pi * YS / random.uniform(90, 200))
    depth = 0.3 + 0.7 * much
    return np.asarray(
        grey * (1 - depth * (0.4 + 0.22 * beat + 0.22 * other + 0.16 * bands)) + 0.15 * depth * (1 + beat)
    )


def _noisy(grey: Grey, much: float, random: Random) -> Grey:
    return grey + random.normal(0, 0.1 + 0.5 * much, grey.shape)


def _shaded(grey: Grey, much: float, random: Random) -> Grey:
    """The edge of a shadow across the code, sharp, and half of it nearly black."""
    angle = random.uniform(0, np.pi)
    across = XS * np.cos(angle) + YS * np.sin(angle) + random.uniform(-60, 60)
    return np.asarray(grey * (1 - (0.6 + 0.36 * much) / (1 + np.exp(-across / 6))))


def _distance(x: float, y: float) -> Points:
    """From a place beside the frame's middle."""
    return np.asarray(np.hypot(XS - x, YS - y))


FAULTS: dict[str, tuple[Callable[[Scene, float, Random], None], Callable[[Grey, float, Random], Grey]]] = {
    "turned": (_turned, _as_seen),
    "tilted": (_tilted, _as_seen),
    "small": (_small, _as_seen),
    "inverted": (_inverted, _as_seen),
    "cut border": (_cut, _as_seen),
    "creased": (_creased, _as_seen),
    "bent": (_bent, _as_seen),
    "out of focus": (_nothing, _out_of_focus),
    "moved": (_nothing, _moved),
    "low light": (_nothing, _in_the_dark),
    "low contrast": (_nothing, _faint),
    "glare": (_nothing, _dazzled),
    "dirty": (_nothing, _dirty),
    "on a screen": (_nothing, _on_a_screen),
    "noise": (_nothing, _noisy),
    "shadow": (_nothing, _shaded),
}
