"""The questions in files of any kind, as drafts."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import NamedTuple

from questions.importing import markdown_files, patterns, tables
from questions.importing.drafts import Draft, Found
from questions.importing.patterns import Item
from questions.importing.sources import Source, folder_of
from questions.importing.tables import UnreadableError
from questions.importing.vocabulary import OTHERS
from questions.refreshing import reading

MARKDOWN = {".md", ".markdown", ".mdx", ".mdown"}
TABLES = {".csv", ".tsv", ".json", ".jsonl", ".ndjson"}
FEW = 3  # questions in a list
MANY_FILES = 3  # with questions: from then on each is a category
BETWEEN = "texts below headings that are no questions, left out (--pattern names the level)"
HIDDEN = {"node_modules", "__pycache__", "venv"}


class Read(NamedTuple):
    """A file, the name of the pattern by which it was read, and what that finds."""

    source: Source
    pattern: str
    items: list[Item]

    @property
    def is_likely(self) -> bool:
        """Whether anything in it looks like a question."""
        return any(item.likeness for item in self.items)


def files_below(paths: Iterable[Path]) -> list[tuple[Path, str, str]]:
    """
    Return the files to read, their names in messages, and their paths below what was given.

    A folder gives its Markdown files.
    """
    found = []
    for path in paths:
        if not path.is_dir():
            found.append((path, reading.name_of(path), path.name))
            continue
        for file in sorted(path.rglob("*")):
            parts = file.relative_to(path).parts
            is_hidden = any(part.startswith(".") or part in HIDDEN for part in parts)
            if file.is_file() and file.suffix.lower() in MARKDOWN and not is_hidden:
                below = "/".join(parts)
                found.append((file, below if len(parts) > 1 else f"{path.name}/{below}", below))
    return found


def find_drafts(
    paths: Iterable[Path],
    *,
    pattern: str = "",
    categories: str = "",
    base: str = "",
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Found:
    """
    Return what is found in files and folders.

    `pattern` names the one by which Markdown is read, `categories` whether these come from each
    “file”, from each “folder” or from “headings”; without them both are guessed. Links of Markdown
    to other files lead below the address `base`, if there is one. Raises UnreadableError for a file
    that can't be read.
    """
    found = Found()
    sources: list[Source] = []
    files = files_below(paths)
    for number, (path, name, below) in enumerate(files, 1):
        try:
            text = reading.text_of(path).replace("\r\n", "\n").replace("\r", "\n")
        except reading.FixtureError as error:
            raise UnreadableError(f"{name}: {error}.") from error
        suffix = path.suffix.lower()
        if suffix in {".yaml", ".yml"}:
            raise UnreadableError(
                f"{name}: YAML is what import_bank writes, and what refresh_bank reads."
            )
        if suffix in TABLES or tables.is_anki(text):
            with within_depth(name):
                add(found, name, *table(suffix, name, text, found))
        else:
            folder = "" if path == reading.STANDARD_INPUT else path.resolve().parent.name
            sources.append(Source(name, text, below, folder))
        on_progress(number, len(files))
    add_markdown(found, sources, pattern, categories, base, on_progress)
    return found


@contextmanager
def within_depth(name: str) -> Iterator[None]:
    """Refuse a file in which HTML or JSON is nested a thousand times."""
    try:
        yield
    except RecursionError as error:
        raise UnreadableError(f"{name}: nested too deeply.") from error


def table(suffix: str, name: str, text: str, found: Found) -> tuple[str, list[Draft]]:
    if not text.strip():
        return "an empty file", []
    if suffix in {".json", ".jsonl", ".ndjson"}:
        return "JSON", list(tables.json_drafts(name, text, found))
    if suffix in {".csv", ".tsv"} and not tables.is_anki(text):
        return "a table", list(tables.csv_drafts(name, text, found))
    return "Anki’s text", list(tables.anki_drafts(name, text, found))  # noqa: RUF001


def add(found: Found, name: str, kind: str, drafts: list[Draft]) -> None:
    found.drafts += drafts
    found.files.append((name, kind, len(drafts)))


def add_markdown(
    found: Found,
    sources: list[Source],
    wanted: str,
    categories: str,
    base: str,
    on_progress: Callable[[int, int], None],
) -> None:
    read = by_patterns(sources, wanted, on_progress)
    if not wanted:
        read = without_other_texts(read)
    with_questions = sum(bool(items) for _, pattern, items in read if pattern != "file")
    by_file = categories in {"file", "folder"} or (not categories and with_questions >= MANY_FILES)
    found.guessed_by_headings = bool(sources) and not by_file and not categories
    documents = markdown_files.document_titles([source for source, _, _ in read])
    for (source, pattern, items), document in zip(read, documents, strict=True):
        with within_depth(source.name):
            drafts = list(
                markdown_files.drafts(
                    source,
                    items,
                    found.losses,
                    document=document,
                    by_file=by_file and pattern != "file",
                    base=base,
                )
            )
        for heading in patterns.between_questions(source, pattern, items):
            place = f"{source.name}: line {heading.line + 1}"
            found.losses.add(BETWEEN, place, heading.title)
        if categories == "folder":
            for one in drafts:
                one.category = folder_of(source.name) or one.category
        add(found, source.name, described(pattern) if items else "no questions", drafts)


def by_patterns(
    sources: list[Source], wanted: str, on_progress: Callable[[int, int], None]
) -> list[Read]:
    """Return what each file holds by the pattern `wanted`, or else by the one that fits it best."""
    read = []
    one_each = set() if wanted else folders_of_single_questions(sources)
    for number, source in enumerate(sources, 1):
        pattern = "file" if PurePath(source.name).parent in one_each else wanted
        with within_depth(source.name):
            read.append(Read(source, *patterns.items_by_best_pattern(source, pattern)))
        on_progress(number, len(sources))
    return read


def without_other_texts(read: list[Read]) -> list[Read]:
    """Return what was read, with no items for files that are not about questions."""
    is_sure = any(one.is_likely for one in read)

    def is_other(one: Read) -> bool:
        # A file in which nothing looks like a question is something else, such as a licence.
        if is_sure and one.pattern != "file" and not one.is_likely:
            return True
        # A list with a question or two is part of another text.
        is_short_list = one.pattern == "list" and len(one.items) < FEW
        return len(read) > 1 and (is_short_list or is_about_the_bank(one.source.name))

    return [one._replace(items=[]) if is_other(one) else one for one in read]


def folders_of_single_questions(sources: list[Source]) -> set[PurePath]:
    """Return the folders of which most files seem to be one question each."""
    folders: dict[PurePath, list[bool]] = {}
    for source in sources:
        is_one = patterns.is_one(source)
        folders.setdefault(PurePath(source.name).parent, []).append(is_one)
    return {
        folder
        for folder, are_one in folders.items()
        if len(are_one) >= MANY_FILES and sum(are_one) * 2 > len(are_one)
    }


def is_about_the_bank(name: str) -> bool:
    """Whether a file is called like those that say how to contribute, or the licence."""
    return bool(OTHERS.fullmatch(PurePath(name).stem.replace("_", " ")))


def described(pattern: str) -> str:
    names = {
        "details": "folds (<details>)",
        "bold": "bold lines",
        "label": "lines with Q:",
        "list": "items of lists",
        "file": "one question",
    }
    return names.get(pattern) or f"headings {'#' * int(pattern[1:])}"
