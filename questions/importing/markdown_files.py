"""Questions in Markdown as people keep it: drafts of what the patterns found in a file."""

import re
from collections import Counter
from collections.abc import Iterator

from questions.importing import html, links
from questions.importing.drafts import Draft, Losses, clean_title, draft, level_in, level_of
from questions.importing.patterns import Item, looks_like_question
from questions.importing.sources import Source, as_title, folder_of, folds, stem
from questions.importing.texts import parser, short_answer, text_of
from questions.importing.vocabulary import ANSWER, ANSWERED, OTHERS, SENIORITY

COUNT = re.compile(r"\s*\(\d+\)$")
IMAGES = "images that become links"
IMAGES_BESIDE = "images of other files, which become text here (--links makes them links)"
LINKS_BESIDE = "links to other files, which lead nowhere here (--links makes them absolute)"
NOTE = re.compile(r"(\[\^[^\]\s]+\]):")


def drafts(
    source: Source,
    items: list[Item],
    losses: Losses,
    *,
    document: str,
    by_file: bool,
    base: str = "",
) -> Iterator[Draft]:
    """
    Yield a draft of each item; its category is the heading above, or what the file is about.

    `document` says what that is. Links to files lead below the address `base`, if there is one.
    """
    definitions = references(source)
    for item in items:
        place = f"{source.name}: line {item.line + 1}"
        fields = {}
        for name, written in texts_of(item, place, losses).items():
            text = with_definitions(written, definitions)
            if base:
                text = links.with_base(text, source.path, base, parser())
            text = without_trailing_space(text).strip()
            tell_losses(text, place, losses)
            fields[name] = f"{text}\n" if text else ""
        if keywords := source.said("keywords") if len(items) == 1 else source.meta.get("keywords"):
            fields["keywords"] = keywords.lower()
        title = clean_title(item.title)
        if not title:
            losses.add("parts without a title", place, item.body)
            continue
        category = document if by_file else category_of(item, document)
        yield draft(title, category, place, losses, level=marked_level(source, item), **fields)


def texts_of(item: Item, place: str, losses: Losses) -> dict[str, str]:
    """Return the texts of a question by the names of their fields, as our Markdown."""
    prompt, answer = split_at_answer(item.body)
    prompt = f"{item.more}\n\n{prompt}".strip("\n")
    short, rest = short_answer(text_of(answer, place, losses))
    return {
        "prompt": text_of(prompt, place, losses, is_prompt=True),
        "short_answer": short,
        "answer": rest,
    }


def category_of(item: Item, document: str) -> str:
    """Return the nearest heading above a question that names a subject, or else `document`."""
    names = [name for name in item.categories if not level_of(clean_title(name))]
    names = [name for name in names if not looks_like_question(name)] or names
    names = [name for name in names if not OTHERS.fullmatch(clean_title(name))]
    return as_category(names[0]) if names else document


def marked_level(source: Source, item: Item) -> str:
    """Return the level that a title, a heading above it or the front matter says; or ""."""
    signed = next((source.legend[s] for s in source.legend if s in item.title), "")
    above = next(filter(None, map(level_above, item.categories)), "")
    return level_in(item.title) or signed or above or level_of(source.said("level"))


def level_above(heading: str) -> str:
    """Return the level of the questions below a heading, such as “Hard” or “Junior developer”."""
    title = clean_title(heading)
    first = title.partition(" ")[0].lower()
    return level_of(title) or (level_of(first) if first in SENIORITY else "")


def as_category(heading: str) -> str:
    """Return a heading without a number before it, and the number of its questions after it."""
    return COUNT.sub("", clean_title(heading)) or heading


def document_titles(sources: list[Source]) -> list[str]:
    """Return what each file is about. A heading that several of them have says nothing of one."""
    counts = Counter(top_heading(source).casefold() for source in sources)
    return [
        document_title(source, "" if counts[heading.casefold()] > 1 else heading)
        for source, heading in ((source, top_heading(source)) for source in sources)
    ]


def top_heading(source: Source) -> str:
    """Return the only `#` heading of a file; "" where it has none or several."""
    tops = [heading.title for heading in source.headings if heading.level == 1]
    return clean_title(tops[0]) if len(tops) == 1 else ""


def document_title(source: Source, heading: str) -> str:
    """Return what a file is about: its front matter, this heading, its name or its folder."""
    if named := source.said("category") or source.meta.get("title"):
        return str(named)
    if heading:
        return heading
    name = stem(source.name)
    if name.lower() in {"readme", "index", "questions", ""}:
        return folder_of(source.name) or as_title(source.folder) or "Questions"
    return name


def references(source: Source) -> dict[str, str]:
    """Return the definitions of links and notes of a file by what a text says that uses them."""
    found = {}
    for token in source.tokens:  # of a note of one word the parser makes a link
        if token.type == "inline" and token.map and (match := NOTE.match(token.content)):
            found[match[1].lower()] = source.body(*token.map).strip()
    for label, link in source.env.get("references", {}).items():
        address = link["href"] if label.startswith("^") else f"<{link['href']}>"
        found[f"[{label.lower()}]"] = f"[{label.lower()}]: {address}"
    return found


def split_at_answer(body: str) -> tuple[str, str]:
    """Return what stands before a heading or a fold called “Answer”, and what follows."""
    if "<details" not in body and "#" not in body:
        return "", body
    source = Source("", body)
    for heading in source.headings:
        if ANSWERED.match(heading.title) and heading.fold < 0:
            lines = source.lines
            return "\n".join(lines[: heading.line]).strip(), "\n".join(lines[heading.line :])
    for fold in folds(body, source.code):
        if ANSWER.fullmatch(html.markdown(fold.summary).strip("* \n")):
            after = body[fold.after :].strip()
            return body[: fold.start].strip(), f"{body[fold.body : fold.end]}\n\n{after}".strip()
    return "", body


def with_definitions(text: str, definitions: dict[str, str]) -> str:
    """Return a text with the definitions of links and notes that it uses and does not have."""
    used = [definition for use, definition in definitions.items() if use in text.lower()]
    own = "".join(line for line in text.split("\n") if line.startswith("["))
    used = [definition for definition in used if definition.partition(":")[0] + ":" not in own]
    return "\n".join([text.rstrip("\n"), "", *used]) if used and text else text


def without_trailing_space(text: str) -> str:
    """
    Return a text whose lines do not end with blanks.

    Two of them break a line, for which our files write a backslash: blanks can't be seen.
    """
    code = Source("", text).code
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1]):
        breaks = line.endswith("  ") and lines[number + 1].strip() and number not in code
        lines[number] = line.rstrip() + ("\\" if breaks and line.strip() else "")
    return "\n".join([*lines[:-1], lines[-1].rstrip()])


def tell_losses(text: str, place: str, losses: Losses) -> None:
    """Tell what a text has that will not be shown as it was meant."""
    for token in parser().parse(text):
        for child in token.children or []:
            address = str(child.attrGet("src" if child.type == "image" else "href") or "")
            is_beside = links.leads_beside(address)
            if child.type == "image" and not address.startswith(links.OUR_FOLDERS):
                losses.add(IMAGES_BESIDE if is_beside else IMAGES, place, address)
            if child.type == "link_open" and is_beside:
                losses.add(LINKS_BESIDE, place, address)
            if child.type == "link_open" and address.startswith("#"):
                losses.add("links within the page, which may lead nowhere", place, address)
        if token.type == "fence" and token.info.split()[:1] == ["mermaid"]:
            losses.add("diagrams that are shown as code", place, token.content)
