"""The stylesheet: one set of widths, one set of sizes, and nothing that no page uses."""

import re

from django.conf import settings

CSS = (settings.BASE_DIR / "static" / "css" / "site.css").read_text()
SOURCES = ("templates", "static/js", "questions")
# What htmx sets while it asks, and what the Markdown renderer puts together.
MADE = {"htmx-request", "center", "digits-3", "digits-4", "digits-5"}


def test_media_queries_name_the_widths_of_the_tokens_and_no_others() -> None:
    head, _ = CSS.split("@layer tokens {", 1)
    widths = {"48rem", "75rem", "100rem", "28rem", "15rem"}
    assert widths == set(re.findall(r"\d+rem", head))
    for query in re.findall(r"@media ([^{]+)", CSS):
        assert set(re.findall(r"[\d.]+rem", query)) <= widths, query


def test_sizes_of_text_are_tokens() -> None:
    tokens, rest = CSS.split("@layer base {", 1)
    rest = rest.split("@layer code {")[0]
    sizes = re.findall(r"font-size: ([^;]+);", rest)
    odd = {size for size in sizes if not size.startswith("var(")}
    # Inside of a line: relative to the text around it. 1rem: on a phone, and what is read for
    # long. 0: what is not to be seen.
    assert {size for size in odd if not size.endswith("em") or size.endswith("rem")} <= {
        "0",
        "1rem",
    }
    assert len(set(re.findall(r"--text-\w+(?=:)", tokens))) <= 6


def test_no_class_in_it_is_on_no_page() -> None:
    files = [
        file
        for folder in SOURCES
        for file in (settings.BASE_DIR / folder).rglob("*")
        if file.suffix in {".html", ".js", ".py"}
    ]
    used = "\n".join(file.read_text() for file in files)
    rules = re.sub(r"/\*.*?\*/|url\([^)]*\)|\"[^\"]*\"", "", CSS, flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-z][\w-]*)", rules.split("@layer code {")[0]))
    unused = {name for name in classes if not re.search(rf"\b{name}\b", used)}
    assert unused - MADE == set()


def test_every_token_is_used() -> None:
    defined = set(re.findall(r"(--[\w-]+):", CSS))
    used = set(re.findall(r"var\((--[\w-]+)", CSS))
    assert defined - used == set()
