"""A good fixture file, and every kind of bad one with a part of the reason that is given."""

from itertools import pairwise

GOOD = """\
- model: questions.category
  fields: {slug: one, name: One, position: 1}
- model: questions.question
  fields:
    category: [one]
    slug: first
    position: 1
    title: What comes first?
    level: core
    published: true
    short_answer: The first.
    answer: The first thing.
- model: questions.question
  fields:
    category: [one]
    slug: second
    position: 2
    title: What comes second?
    level: expert
    published: false
    short_answer: ''
    answer: ''
"""


BANK = """\
- model: questions.bank
  fields:
    name: Ours
    title: Questions of ours
    promise: Short answers.
    language: pt-br
    example: Exemplo
    pitfalls: Armadilhas
    follow_ups: E depois
    requires_style: false
"""


def replaced(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def bank(old: str, new: str) -> str:
    assert old in BANK
    return BANK.replace(old, new) + GOOD


def replaced_by(first: str, second: str = "null") -> str:
    """Return the good file with both questions unpublished, and what replaces them."""
    drafts = GOOD.replace("published: true", "published: false")
    for slug, replacement in (("first", first), ("second", second)):
        drafts = drafts.replace(f"slug: {slug}", f"slug: {slug}\n    replaced_by: {replacement}")
    return drafts


BAD = {
    "empty": ("", "expected a list"),
    "truncated in a mapping": (GOOD[: GOOD.index("level: core") + 5], "line"),
    "truncated before a required field": (GOOD[: GOOD.rindex("answer")], "answer: missing"),
    "not YAML": ("- model: [", "node content"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"),
    "another encoding": (GOOD.replace("first", "fürst").encode("latin-1"), "not UTF-8"),
    "a mapping at the top": ("model: questions.category", "expected a list"),
    "an entry that is no mapping": ("- 1\n", "entry 1"),
    "an unknown model": (replaced("questions.category", "questions.tag"), "questions.tag"),
    "a superuser": (
        "- model: auth.user\n  fields: {username: eve, is_superuser: true, password: x}\n",
        "auth.user",
    ),
    "a primary key": (replaced("  fields: {slug: one", "  pk: 1\n  fields: {slug: one"), "pk"),
    "an unknown field": (replaced("level: core", "level: core\n    tags: x"), "“first”: tags"),
    "a missing title": (replaced("    title: What comes first?\n", ""), "“first”: title: missing"),
    "a missing level": (replaced("    level: core\n", ""), "“first”: level: missing"),
    "a missing category": (replaced("    category: [one]\n    slug: second", "    slug: second"),
                           "“second”: category: missing"),
    "a missing slug": (replaced("    slug: first\n", ""), "entry 2: slug: missing"),
    "an unknown category": (replaced("[one]\n    slug: second", "[two]\n    slug: second"),
                            "“second”: category: there is no category “two”"),
    "a category that is no list": (replaced("[one]\n    slug: second", "one\n    slug: second"),
                                   "“second”: category"),
    "a slug twice": (replaced("slug: second", "slug: first"), "“first”: slug: occurs twice"),
    "a key twice": (replaced("level: core", "level: core\n    level: core"), "'level' occurs"),
    "an unknown level": (replaced("level: core", "level: hard"), "“first”: level"),
    "a slug with a space": (replaced("slug: first", "slug: the first"), "slug"),
    "the slug all": (replaced("slug: first", "slug: all"), "not “all”"),
    "a title of blanks beyond ASCII": (replaced("What comes first?", '"\\u00a0\\u2003"'), "“first”: title: Give the question a title"),
    "a blank title": (replaced("What comes first?", "' '"), "“first”: title: Give the question a title"),
    "a title that is a number": (replaced("What comes first?", "12"), "title: expected text"),
    "a title that is far too long": (replaced("What comes first?", "a" * 300), "title: "),
    "published without a short answer": (replaced("short_answer: The first.", "short_answer: ''"),
                                         "“first”: short_answer: A published question needs a short answer"),
    "a position that is text": (replaced("position: 2", "position: two"), "position: expected a"),
    "position zero": (replaced("position: 2", "position: 0"), "“second”: position: Positions go from 1 to"),
    "published that is text": (replaced("published: true", "published: maybe"), "true or false"),
    "a date that is none": (replaced("level: core", "level: core\n    verified_on: soon"),
                            "verified_on"),
    "a NUL": (replaced("The first thing.", '"a\\0b"'), "NUL"),
    # The shape of the file
    "nothing but blanks": (" \n\n  \n", "expected a list"),
    "nothing but a comment": ("# soon\n", "expected a list"),
    "an empty list": ("[]", "expected a list"),
    "null": ("null", "expected a list"),
    "a number": ("12", "expected a list"),
    "a text": ("bank", "expected a list"),
    "two documents": (GOOD + "---\n" + GOOD, "document"),
    "UTF-16": (GOOD.encode("utf-16"), "not UTF-8"),
    "half a character": (GOOD.encode().replace(b"The first thing", b"The first \xc3"), "not UTF-8"),
    "a control character": (replaced("The first thing.", "The \x08 thing."), "control characters are not allowed"),
    "a tab as indent": (replaced("    level: core", "\tlevel: core"), "line"),
    "deep nesting": ("- " + "[" * 200_000, "nested too deeply"),
    "an alias": (
        replaced("title: What comes first?", "title: &t What?\n    keywords: *t"), "alias"
    ),
    "aliases that multiply": (
        "- &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"- &{b} [{f'*{a}, ' * 9}]\n" for a, b in pairwise("abcdefghi")),
        "alias",
    ),
    "a value that holds itself": ("- &a [*a]\n", "alias"),
    "a merge key": (replaced("{slug: one", "{<<: {name: x}, slug: one"), "not text"),
    "an unknown tag": (replaced("title: What comes first?", "title: !secret x"), "line"),
    "a binary value": (replaced("answer: The first thing.", "answer: !!binary aGk="), "a tag (!!binary) is not allowed"),
    "lists nested deeply": ("[" * 100_000, "nested too deeply"),
    "closed lists nested deeply": ("[" * 50_000 + "]" * 50_000, "nested too deeply"),
    "dashes nested deeply": ("- " * 100_000 + "x", "nested too deeply"),
    "mappings nested deeply": ("{a: " * 50_000, "expected a list"),
    "keys nested deeply": ("? " * 100_000 + "x", "expected a list"),
    "a mapping as a key": (replaced("level: core", "{a: b}: core"), "line"),
    "a number as a key": (replaced("level: core", "level: core\n    1: x"), "not text"),
    "a model twice": (replaced("- model: questions.category\n", "- model: questions.category\n  model: questions.category\n"), "'model' occurs"),
    # The shape of an entry
    "an entry without a model": (replaced("- model: questions.category\n  fields", "- fields"), "model: None"),
    "an entry without fields": ("- model: questions.category\n", "entry 1: expected"),
    "fields that are a list": ("- model: questions.category\n  fields: [slug]\n", "entry 1: expected"),
    "fields that are null": ("- model: questions.category\n  fields:\n", "entry 1: expected"),
    "a model that is a list": (replaced("model: questions.category", "model: [questions.category]"), "model"),
    "a model in other letters": (replaced("model: questions.category", "model: Questions.Category"), "model"),
    "our own bookkeeping": (
        "- model: questions.refreshed\n  fields: {model: a, slug: b, digest: c}\n",
        "questions.refreshed",
    ),
    "a former slug": (
        "- model: questions.formerslug\n  fields: {slug: a, question: [first]}\n",
        "questions.formerslug",
    ),
    "a session": ("- model: sessions.session\n  fields: {session_key: a}\n", "sessions.session"),
    "a permission": ("- model: auth.permission\n  fields: {name: a}\n", "auth.permission"),
    "an id among the fields": (replaced("{slug: one", "{id: 1, slug: one"), "id: there is no"),
    # Values
    "a title that is null": (replaced("title: What comes first?", "title:"), "title: expected text"),
    "a title that is a list": (replaced("What comes first?", "[a]"), "title: expected text"),
    "a title that is a date": (replaced("What comes first?", "2026-01-01"), "title: expected text"),
    "a title that is yes": (replaced("What comes first?", "yes"), "title: expected text"),
    "an answer that is null": (replaced("answer: The first thing.", "answer: ~"), "answer: expected"),
    "an answer that is a mapping": (replaced("answer: The first thing.", "answer: {a: b}"), "answer"),
    "a short answer of blanks": (replaced("short_answer: The first.", 'short_answer: "\\n \\u2003"'), "needs a short answer"),
    "an answer of 10 MB": (replaced("The first thing.", "a" * 10_000_000), "answer: longer than"),
    "a 10 MB answer of brackets": (replaced("The first thing.", "'" + "[" * 10_000_000 + "'"), "longer"),
    "a 10 MB title": (replaced("What comes first?", "a" * 10_000_000), "title: longer than"),
    "a short answer of 10 MB": (replaced("The first.", "é" * 5_000_000), "short_answer: longer"),
    "keywords far too long": (replaced("level: core", "level: core\n    keywords: " + "a" * 501), "keywords"),
    "an escape in a text": (replaced("The first thing.", '"a\\eb"'), "U+001B"),
    "an escape in a slug of a category": (replaced("name: One", 'name: "O\\ane"'), "name: Take out the character U+0007 (BEL) in line 1, column 2"),
    "a noncharacter": (replaced("The first thing.", '"a\\nb\\uffff"'), "answer: Take out the character U+FFFF (a noncharacter) in line 2, column 2"),
    "half a surrogate pair": (replaced("The first thing.", '"a\\ud800b"'), "invalid Unicode"),
    "a level that is null": (replaced("level: core", "level: null"), "level: expected text"),
    "a level in capitals": (replaced("level: core", "level: Core"), "level"),
    "a level that is a number": (replaced("level: core", "level: 1"), "level: expected text"),
    "a position that is a float": (replaced("position: 2", "position: 2.0"), "position: expected a"),
    "a position that is true": (replaced("position: 2", "position: true"), "position: expected a"),
    "a position that is null": (replaced("position: 2", "position: null"), "position: expected a"),
    "a position below zero": (replaced("position: 2", "position: -1"), "“second”"),
    "a position that is huge": (replaced("position: 2", "position: 99999999999999999999"), "“second”"),
    "a position that PostgreSQL can't hold": (replaced("position: 2", "position: 2147483648"), "“second”: "),
    "a category's position that PostgreSQL can't hold": (replaced("name: One, position: 1", "name: One, position: 32768"), "“one”: "),
    "a position that is infinite": (replaced("position: 2", "position: .inf"), "position: expected"),
    "a position that is no number": (replaced("position: 2", "position: .nan"), "position: expected"),
    "published that is a number": (replaced("published: true", "published: 1"), "true or false"),
    "published that is null": (replaced("published: true", "published: null"), "true or false"),
    "a date that is a number": (replaced("level: core", "level: core\n    verified_on: 20260101"), "a date"),
    "a date that does not exist": (replaced("level: core", "level: core\n    verified_on: '2026-02-30'"), "verified_on"),
    "a date with a time": (replaced("level: core", "level: core\n    verified_on: 2026-01-01 10:00:00"), "a date"),
    "a date that YAML refuses": (replaced("level: core", "level: core\n    verified_on: 2026-13-01"), "line 10: questions.question “first”: verified_on: there is no day 2026-13-01"),
    "a date in another order": (replaced("level: core", "level: core\n    verified_on: 01.02.2026"), "a date"),
    "a slug that is a number": (replaced("slug: first", "slug: 1"), "slug: expected text, not 1: quote it"),
    "a slug that is null": (replaced("slug: first", "slug:"), "slug: expected text, not nothing"),
    "a slug with a slash": (replaced("slug: first", "slug: a/b"), "slug"),
    "a slug with letters beyond ASCII": (replaced("slug: first", "slug: fürst"), "slug"),
    "a slug that is far too long": (replaced("slug: first", "slug: " + "a" * 81), "slug"),
    "a slug with a line end": (replaced("slug: first", 'slug: "first\\n"'), "slug"),
    "a category twice": (replaced("- model: questions.question\n  fields:\n    category: [one]\n    slug: first", "- model: questions.category\n  fields: {slug: one, name: One, position: 1}\n- model: questions.question\n  fields:\n    category: [one]\n    slug: first"), "occurs twice"),
    "two categories of a question": (replaced("[one]\n    slug: second", "[one, one]\n    slug: second"), "category: expected"),
    "a category that is null": (replaced("[one]\n    slug: second", "null\n    slug: second"), "category: expected"),
    "a category by number": (replaced("[one]\n    slug: second", "1\n    slug: second"), "category: expected"),
    "a category with a blank name": (replaced("name: One", "name: ' '"), "Give the category a name"),
    "a check that is not whole": (replaced("level: core", "level: core\n    checked_hash: ab"), "checked"),
    "an emoji that is none": (replaced("name: One", "name: One, emoji: ab"), "emoji: Give one emoji"),
    # Replacements
    "a replacement that is not there": (replaced_by("[third]"), "“first”: replaced_by: there is no question “third”"),
    "a replacement by itself": (replaced_by("[first]"), "“first”: replaced_by: leads back to this question"),
    "replacements in a circle": (replaced_by("[second]", "[first]"), "replaced_by: leads back to this question"),
    "a replaced question that is published": (replaced("slug: first", "slug: first\n    replaced_by: [second]"), "“first”: replaced_by: A question that another one replaces is not published"),
    "a replacement that is no list": (replaced_by("second"), "“first”: replaced_by: expected a list with one slug"),
    "two replacements": (replaced_by("[second, first]"), "“first”: replaced_by: expected a list with one slug"),
    # The bank
    "two banks": (BANK + GOOD + BANK, "questions.bank: occurs twice"),
    "an unknown language": (bank("pt-br", "xx"), "questions.bank: language: “xx” is no language tag"),
    "a language that YAML takes for no": (bank("pt-br", "no"), "questions.bank: language: expected text, not no: quote it"),
    "a bank without a name": (bank("    name: Ours\n", ""), "questions.bank: name: missing"),
    "a bank with a blank section": (bank("Exemplo", "' '"), "questions.bank: Give the bank a name"),
    "a bank with a slug": (bank("name: Ours", "name: Ours\n    slug: a"), "questions.bank: slug: there is no such field"),
    "a bank with a key": (bank("  fields:", "  pk: 2\n  fields:"), "pk: only `model`"),
    "a bank with a control character": (bank("Questions of", '"Questions \\b of"').replace('" ours', ' ours"'), "title: Take out the character U+0008 (BS)"),
    # YAML's traps, and what is written in it otherwise than it seems
    "a colon in a title": (replaced("What comes first?", "What: comes first?"), "line 8, column 16: mapping values are not allowed in this context (a text with a colon and a space in it takes quotes)"),
    "a title that begins with a backquote": (replaced("What comes first?", "`a` is what?"), "line 8, column 12: found character that cannot start any token (a text that begins"),
    "a title that goes on after a quote": (replaced("What comes first?", '"What" comes?'), "other quotes around the whole of it"),
    "a slug that YAML takes for yes": (replaced("slug: first", "slug: on"), "line 6: entry 2: slug: expected text, not on: quote it, as YAML takes it for true or false"),
    "a slug that YAML takes for a day": (replaced("slug: first", "slug: 2024-01-01"), "slug: expected text, not 2024-01-01: quote it, as YAML takes it for a date"),
    "a day that there is not": (replaced("level: core", "level: core\n    verified_on: 2026-02-30"), "line 10: questions.question “first”: verified_on: there is no day 2026-02-30"),
    "an odd boolean by a tag": (replaced("published: true", "published: !!bool maybe"), "a tag (!!bool) is not allowed"),
    "an odd date by a tag": (replaced("level: core", "level: core\n    verified_on: !!timestamp x"), "a tag (!!timestamp) is not allowed"),
    "an odd number by a tag": (replaced("position: 2", "position: !!int x"), "a tag (!!int) is not allowed"),
    "a list as a key": (replaced("level: core", "? [a]\n    : core"), "line 9, column 7: the key is not text"),
    "a mapping as a complex key": (replaced("level: core", "? {a: b}\n    : core"), "the key is not text"),
    "a number of many digits": (replaced("position: 2", f"position: {'9' * 5000}"), "position: expected a whole number, not '999"),
    "a slug of 5,000 characters": (replaced("slug: first", f"slug: {'a' * 5000}"), "slug: Ensure this value has at most 80 characters (it has 5000)"),
    "many small parts": ("- " + "[" + "[]," * 100_000 + "]", "an entry of more than 1,000 values"),
    "a slug in another script": (replaced("slug: first", "slug: три"), "“три”: slug: 'три' has other characters than a-z, A-Z, 0-9, - and _"),
    "a level that there is not": (replaced("level: core", "level: easy"), "level: 'easy' is not one of core, advanced, expert"),
    "a Python object": ("- !!python/object/apply:os.system [echo]\n", "line 1"),
}  # fmt: skip
