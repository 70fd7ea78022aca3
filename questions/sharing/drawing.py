"""The picture that a link to the site shows where it is shared: 1200 by 630 pixels, PNG."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageFont

# Pillow itself is imported in draw(): the site starts without it, and most processes never draw.

WIDTH, HEIGHT = 1200, 630
MARGIN = 80
TITLE_HEIGHT = 290
SIZES = range(76, 31, -4)  # of the title: the largest that fits
FONT = Path(__file__).parent / "fonts" / "Inter-SemiBold.otf"

PAGE = "#fcfcfd"
INK = "#1a1f2b"
INK_SOFT = "#596072"
ACCENT = "#3056c4"


@lru_cache(maxsize=128)
def draw(name: str, title: str, caption: str) -> bytes:
    """
    Return the picture of a page of the site called `name`, as PNG.

    Costs about 40 ms and makes 15 to 25 kB. The last 128 pictures are cached by the texts on them,
    so that an edit has nothing to invalidate.
    """
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415

    image = Image.new("RGB", (WIDTH, HEIGHT), PAGE)
    canvas = ImageDraw.Draw(image)

    def font(size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(FONT, size)

    canvas.rectangle((0, HEIGHT - 12, WIDTH, HEIGHT), ACCENT)
    # The mark of the site, drawn large and reduced: Pillow's shapes have hard edges.
    mark = Image.new("RGB", (260, 260), PAGE)
    strokes = ImageDraw.Draw(mark)
    strokes.rounded_rectangle((0, 0, 259, 259), 70, ACCENT)
    for row, length in enumerate((120, 90, 60)):
        strokes.rounded_rectangle((70, 79 + 40 * row, 70 + length, 101 + 40 * row), 11, PAGE)
    image.paste(mark.resize((52, 52), Image.Resampling.LANCZOS), (MARGIN, MARGIN))
    canvas.text((MARGIN + 70, MARGIN + 26), name, INK, font(34), anchor="lm")
    canvas.text((MARGIN, HEIGHT - MARGIN), caption, INK_SOFT, font(30), anchor="ls")

    for size in SIZES:
        lines = wrap(title, font(size), WIDTH - 2 * MARGIN)
        line_height = round(1.18 * size)
        if len(lines) * line_height <= TITLE_HEIGHT:
            break
    for row, line in enumerate(lines[: TITLE_HEIGHT // line_height]):
        baseline = MARGIN + 52 + 56 + size + row * line_height
        canvas.text((MARGIN, baseline), line, INK, font(size), anchor="ls")

    file = BytesIO()
    # Few colors are in use: a palette makes a third of the bytes.
    image.quantize(32).save(file, "PNG")
    return file.getvalue()


def wrap(text: str, font: "ImageFont.FreeTypeFont", width: int) -> list[str]:
    """Break `text` into lines of at most `width` pixels; a word that is longer is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            while font.getlength(word) > width:
                word = word[:-1]  # noqa: PLW2901
            lines.append(word)
    return lines
