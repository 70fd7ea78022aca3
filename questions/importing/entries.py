"""Drafts as the entries of a fixture file, with slugs that stay the same in the next import."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from questions import slugs
from questions.checking.duplicates import folded
from questions.importing.drafts import Draft, Found
from questions.models import Category
from questions.refreshing.files import BANK, CATEGORY, FIELDS, QUESTION, FixtureEntry

# The fields by which a question is known again, tried in this order: any text may have been mended.
KNOWN_BY = (
    ("title", "prompt", "short_answer", "answer"),
    ("title", "prompt"),
    ("title",),
    ("prompt", "short_answer", "answer"),
)


def entries(found: Found, earlier: Iterable[FixtureEntry] = ()) -> list[FixtureEntry]:
    """
    Return the entries of a fixture file: the categories, and the questions as drafts.

    A question that is among the `earlier` entries, by its title and prompt or by its answer, keeps
    its slug, and stays published where it was published there. This changes `found`: drafts that
    occur twice go, and categories that differ in capitals only get one name.
    """
    earlier = [entry for entry in earlier if is_named(entry)]
    without_doubles(found)
    spell_alike(found)
    bank = [{"model": BANK, "fields": in_order(BANK, found.bank)}] if found.bank else []
    categories = category_entries(found, earlier)
    slug_of = {entry["fields"]["name"]: entry["fields"]["slug"] for entry in categories}
    slug_of |= {slug: slug for slug in found.categories}
    return [*bank, *categories, *question_entries(found.drafts, earlier, slug_of)]


def question_entries(
    drafts: list[Draft], earlier: list[FixtureEntry], category_slugs: dict[str, str]
) -> Iterator[FixtureEntry]:
    kept = known_slugs(drafts, earlier)
    published = {
        entry["fields"]["slug"]
        for entry in earlier
        if entry["model"] == QUESTION and entry["fields"].get("published") is True
    }
    taken = {slug for slug in kept if slug}
    positions: Counter[str] = Counter()
    for draft, before in zip(drafts, kept, strict=True):
        own = str(draft.fields.get("slug", ""))
        is_usable = re.fullmatch(r"[-a-zA-Z0-9_]{1,80}", own) and own not in taken
        slug = before or (own if is_usable else slugs.unique(own or draft.title, taken))
        taken.add(slug)
        category = category_slugs[category_name(draft)]
        positions[category] += 1
        fields = {
            "level": "core",
            "short_answer": "",
            "answer": "",
            **draft.fields,
            "category": [category],
            "slug": slug,
            "position": positions[category],
            "title": draft.title,
            "published": slug in published,
        }
        yield {"model": QUESTION, "fields": in_order(QUESTION, fields)}


def is_named(entry: FixtureEntry) -> bool:
    """Whether an entry has what it is known by: an earlier file may have been edited since."""
    named = "title" if entry.get("model") == QUESTION else "name"
    return isinstance(entry["fields"].get(named), str)


def in_order(model: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry in their order, without empty ones that may be absent."""
    needed = {"short_answer", "answer", "published", "requires_style"}
    return {
        name: fields[name]
        for name in FIELDS[model]
        if name in fields and (fields[name] not in ("", None) or name in needed)
    }


def without_doubles(found: Found) -> None:
    seen: dict[tuple[Any, ...], Draft] = {}
    for draft in found.drafts:
        key = (folded(draft.title), draft.text, draft.fields.get("slug"))
        if key in seen:
            found.losses.add("questions that occur twice, kept once", draft.place, draft.title)
        seen.setdefault(key, draft)
    found.drafts = list(seen.values())


def spell_alike(found: Found) -> None:
    """Give categories that differ in capitals only the name that came first."""
    names: dict[str, str] = {}
    for draft in found.drafts:
        if draft.category in found.categories:  # a slug
            continue
        draft.category = names.setdefault(category_name(draft).casefold(), category_name(draft))


def category_name(draft: Draft) -> str:
    limit = Category._meta.get_field("name").max_length or 80
    return " ".join(draft.category.split())[:limit].strip() or "Questions"


def category_entries(found: Found, earlier: list[FixtureEntry]) -> list[FixtureEntry]:
    before = {
        entry["fields"].get("name"): entry["fields"].get("slug")
        for entry in earlier
        if entry.get("model") == CATEGORY
    }
    names = list(dict.fromkeys(map(category_name, found.drafts)))
    taken = {slug for name, slug in before.items() if name in names} | set(found.categories)
    made: list[FixtureEntry] = []
    for name in names:
        fields: dict[str, Any] = found.categories.get(name) or {
            "slug": before.get(name) or slugs.unique(name, taken, "category"),
            "name": name,
        }
        taken.add(fields["slug"])
        fields = {**fields, "position": len(made) + 1}
        made.append({"model": CATEGORY, "fields": in_order(CATEGORY, fields)})
    return made


def known_slugs(drafts: list[Draft], earlier: list[FixtureEntry]) -> list[str]:
    """Return for each draft the slug that it had in the earlier entries; "" for a new one."""
    found = [""] * len(drafts)
    left = [e["fields"] for e in earlier if e.get("model") == QUESTION]
    for names in KNOWN_BY:
        slugs_by_key: dict[tuple[str, ...], list[str]] = {}
        for fields in left:
            if key := key_of(fields, names):
                slugs_by_key.setdefault(key, []).append(fields["slug"])
        used = set()
        for index, draft in enumerate(drafts):
            key = key_of({**draft.fields, "title": draft.title}, names)
            if not found[index] and key and slugs_by_key.get(key):
                found[index] = slugs_by_key[key].pop(0)
                used.add(found[index])
        left = [fields for fields in left if fields["slug"] not in used]
    return found


def key_of(fields: dict[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts of fields, to be compared. An empty answer without a title says nothing."""
    texts = {name: str(fields.get(name) or "").strip() for name in names}
    if "title" in texts:
        texts["title"] = folded(texts["title"])
    elif not (texts["short_answer"] or texts["answer"]):
        return ()
    return tuple(texts.values())
