"""
An Anki package: a deck for each category, a note for each question.

The id of a note comes from the question's first slug, so that a second import updates the note and
keeps its schedule, also after the question was given another address.
"""

import hashlib
import re
import sqlite3
import zipfile
from contextlib import closing
from io import BytesIO
from itertools import count
from operator import attrgetter

import genanki
from django.db.models import prefetch_related_objects
from django.utils.html import escape
from pygments.formatters import HtmlFormatter

from questions import markdown
from questions.exports.selection import Selection
from questions.markdown import renderer
from questions.models import Category, Question

# A random number that never changes: Anki takes notes of another model for other notes.
MODEL = 1_739_462_181

FRONT = """\
<div class="title">{{Title}}</div>
{{#Prompt}}<div class="prompt">{{Prompt}}</div>{{/Prompt}}"""

BACK = """\
{{FrontSide}}
<hr id="answer">
<div class="short">{{Short answer}}</div>
<div class="long">{{Answer}}</div>
{{#Read on}}<div class="reading">{{Read on}}</div>{{/Read on}}
<p class="source">{{Level}} · <a href="{{Address}}">{{Address}}</a></p>"""

STYLE = """\
.card { max-width: 42rem; margin: 0 auto; padding: 0.5rem; text-align: start;
  font: 1.0625rem/1.6 system-ui, sans-serif; color: #1b2430; background: #fbfcfe; }
.title { font-size: 1.375rem; font-weight: 600; line-height: 1.3; }
.short { font-size: 1.125rem; }
.long, .reading { margin-top: 1rem; }
h2, h3, h4, h5, h6 { font-size: 1.0625rem; margin: 1.25rem 0 0.25rem; }
code { font: 0.9em ui-monospace, Consolas, monospace; }
pre { padding: 0.75rem; overflow-x: auto; border-radius: 0.5rem; background: #f0f3f8; }
figure { margin: 0.75rem 0; }
figcaption, .source, .site { font-size: 0.8125rem; color: #55606f; }
table { border-collapse: collapse; }
th, td { padding: 0.25rem 0.5rem; border: 1px solid #c4ccd8; text-align: start; }
a { color: #2458c5; overflow-wrap: anywhere; }
.nightMode.card, .nightMode .card { color: #e6eaf1; background: #12161d; }
.nightMode pre { background: #1c222c; }
.nightMode figcaption, .nightMode .source, .nightMode .site { color: #a3adbb; }
.nightMode a { color: #8fb4ff; }
"""


# What Anki plays, speaks or hands to LaTeX wherever it stands in a field.
COMMAND = re.compile(r"\[(?=/?(?:sound:|anki:|latex\]|\$))", re.IGNORECASE)

NOTE_FIELDS = ("Slug", "Title", "Prompt", "Short answer", "Answer", "Read on", "Level", "Address")


def write(selection: Selection) -> bytes:
    prefetch_related_objects(selection.questions, "former_slugs")
    model = genanki.Model(
        MODEL,
        "Interview question",
        fields=[{"name": name} for name in NOTE_FIELDS],
        templates=[{"name": "Question", "qfmt": FRONT, "afmt": BACK}],
        css=STYLE + code_style("xcode") + code_style("github-dark", ".nightMode "),
    )
    decks = {category.pk: deck(category, selection) for category in selection.categories}
    for question in selection.questions:
        decks[question.category_id].add_note(note(model, question, selection))
    return package([*decks.values()], selection.changed.timestamp() if selection.changed else 0.0)


def deck(category: Category, selection: Selection) -> genanki.Deck:
    names = (selection.bank.name, category.name)
    return genanki.Deck(
        deck_id(f"{selection.bank.name} {category.slug}"),
        "::".join(name.replace("::", ":") for name in names),  # the separator of Anki's decks
    )


def deck_id(text: str) -> int:
    """Return the number of 31 bits that always belongs to `text`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1


def note(model: genanki.Model, question: Question, selection: Selection) -> genanki.Note:
    address = selection.address(question)

    def shown(html: str) -> str:
        """Return HTML without the page's buttons, with links that lead to the site."""
        return html.replace(renderer.COPY, "").replace('href="/', f'href="{selection.origin}/')

    def as_text(html: str) -> str:
        return COMMAND.sub("&#91;", html)

    check = question.output_check
    answer = markdown.render(question.answer, 2, check, selection.bank.follow_ups)
    texts = [
        question.slug,
        markdown.inline_code(question.title),
        shown(markdown.render(question.prompt, 2, check)),
        shown(markdown.render(question.short_answer)),
        shown(answer),
        shown(markdown.render_links(question.further_reading)),
        escape(question.get_level_display()),
        escape(address),
    ]
    return genanki.Note(
        model=model,
        guid=genanki.guid_for(first_slug(question)),
        tags=[question.level, question.category.slug],
        fields=[*map(as_text, texts)],
    )


def first_slug(question: Question) -> str:
    """Return the slug that the question had first; `former_slugs` has to be prefetched."""
    former = min(question.former_slugs.all(), key=attrgetter("pk"), default=question)
    return former.slug


def code_style(name: str, scope: str = "") -> str:
    """Return the rules of one of Pygments' styles for code in an element that `scope` selects."""
    formatter = HtmlFormatter(style=name)
    rules: str = formatter.get_style_defs(f"{scope}.highlight")  # type: ignore[no-untyped-call]
    return "".join(
        f"{line}\n"
        for line in rules.splitlines()
        if line.startswith(f"{scope}.highlight .") and "background" not in line
    )


def package(decks: list[genanki.Deck], timestamp: float) -> bytes:
    """
    Return the file: the same bytes for the same notes.

    It is written here since genanki's own way leaves a temporary file behind each time.
    """
    with closing(sqlite3.connect(":memory:")) as database:
        numbers = count(int(timestamp * 1000))
        genanki.Package(decks).write_to_db(database.cursor(), timestamp, numbers)
        database.commit()
        collection = database.serialize()
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("collection.anki2", collection), ("media", b"{}")):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
