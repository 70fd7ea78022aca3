"""The rules for content: what blocks publishing, what is only said, and who asks them."""

import json
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from questions.checking import duplicates, rules
from questions.markdown import parser
from questions.models import Bank, Question
from questions.refreshing.files import as_questions
from questions.refreshing.validation import checked_entries
from tests import build
from tests.admin.forms import ADD
from tests.bank import SHIPPED, read_entries
from tests.commands import run

WORD = "word "
LINK = "- [The documentation](https://docs.python.org/3/)\n"


def unsaved(**changes: Any) -> Question:
    """Return a question that breaks no rule, with `changes`."""
    values = {
        "title": "What does a good question look like?",
        "slug": "good",
        "level": "core",
        "published": True,
        "short_answer": build.SHORT_ANSWER,
        "answer": build.ANSWER,
        "further_reading": LINK,
        "keywords": "example, nogil, c++",
        "verified_with": "CPython 3.13.0",
        "verified_on": timezone.localdate(),
    }
    return Question(**{**values, **changes})


def replaced(old: str, new: str) -> dict[str, str]:
    assert old in build.ANSWER
    return {"answer": build.ANSWER.replace(old, new)}


def with_line(line: str) -> dict[str, str]:
    return {"answer": f"{line}\n\n{build.ANSWER}"}


def test_a_good_question_has_no_problem() -> None:
    assert rules.check_question(unsaved(), {}) == []


TITLES = {"good": "What does a good question look like?", "gil": "What does the GIL protect?"}

ERRORS = {
    "no title": ({"title": "\u00a0 "}, "title", "needs a title"),
    "no question mark": ({"title": "The GIL"}, "title", "ends with “?”"),
    "81 characters": ({"title": "a" * 80 + "?"}, "title", "80 characters; it has 81"),
    "bold in the title": ({"title": "What is **this**?"}, "title", "Take out the Markdown"),
    "a backquote too many": ({"title": "What is `this?"}, "title", "Take out the Markdown"),
    "the title of another": ({"title": "What does the GIL protect?"}, "title", "“gil” asks"),
    "nearly that": ({"title": "What, then, does a GIL protect?"}, "title", "“gil” asks"),
    "no short answer": ({"short_answer": " "}, "short_answer", "needs a short answer"),
    "44 words": ({"short_answer": WORD * 44}, "short_answer", "45 to 75 words; it has 44"),
    "76 words": ({"short_answer": WORD * 76}, "short_answer", "45 to 75 words; it has 76"),
    "a heading in the short answer": (
        {"short_answer": f"## Heading\n\n{WORD * 50}"}, "short_answer", "heading"),
    "a ninth phrasing": (
        {"asked_as": "".join(f"Way {n}?\n" for n in range(9))}, "asked_as", "8 phrasings at most"),
    "a phrasing without text": ({"asked_as": "One?\n \nTwo?\n"}, "asked_as", "Take out line 2"),
    "no phrasing at all": ({"asked_as": "\n"}, "asked_as", "Take out line 1"),
    "a phrasing twice": ({"asked_as": "So?\nElse?\nso?\n"}, "asked_as", "Say it once: line 3"),
    "the title as a phrasing": (
        {"asked_as": "what does a good  Question look like?\n"}, "asked_as", "repeats the title"),
    "a phrasing of 161 characters": (
        {"asked_as": f"So\n{'a' * 161}\n"}, "asked_as", "Cut line 2 to 160 characters; it has 161"),
    "bold in a phrasing": ({"asked_as": "Why **this**?\n"}, "asked_as", "Markdown in line 1"),
    "stress in a phrasing": ({"asked_as": "Why\nWhy _this_?\n"}, "asked_as", "Markdown in line 2"),
    "a link in a phrasing": ({"asked_as": "[Why](https://x.org)?"}, "asked_as", "Markdown in line"),
    "a list of phrasings": ({"asked_as": "- Why?\n- So?\n"}, "asked_as", "Markdown in line 1"),
    "a heading as a phrasing": ({"asked_as": "## Why?\n"}, "asked_as", "Markdown in line 1"),
    "an open backquote in a phrasing": ({"asked_as": "Is `a so?"}, "asked_as", "Markdown in line"),
    "a heading in the prompt": ({"prompt": "Look.\n\n## At this"}, "prompt", "the heading"),
    "an underlined heading in the prompt": ({"prompt": "Look\n==="}, "prompt", "the heading"),
    "a sample without output in the prompt": (
        {"prompt": "```python run\nprint(1)\n```\n"}, "prompt", "text output"),
    "HTML in the prompt": ({"prompt": "A <u>tag</u>."}, "prompt", "Put <u> into backquotes"),
    "a wide line of code in the prompt": (
        {"prompt": f"```sql\n{'x' * 89}\n```"}, "prompt", "line of 89 characters"),
    "no detail": (replaced("The detail behind the short answer.\n", ""), "answer", "the detail"),
    "no example": (replaced("## Example", "## Sample"), "answer", "“## Example”"),
    "no pitfalls": (replaced("## Pitfalls", "### Pitfalls"), "answer", "“## Pitfalls”"),
    "no follow-ups": (replaced("## Follow-ups", "## Follow ups"), "answer", "“## Follow-ups”"),
    "sections in another order": (
        {"answer": "Detail.\n\n## Pitfalls\n\n- One.\n\n## Example\n\n```sql\n1\n```\n\n"
                   "## Follow-ups\n\n- What?\n"}, "answer", "in this order"),
    "a section twice": (replaced("## Pitfalls", "## Pitfalls\n\n- One.\n\n## Pitfalls"),
                        "answer", "Keep one section “## Pitfalls”"),
    "an example without code": (
        {"answer": "Detail.\n\n## Example\n\nNone.\n\n## Pitfalls\n\n- One.\n\n## Follow-ups\n\n"
                   "- What?\n"}, "answer", "block of code"),
    "pitfalls that are no list": (replaced("- One that is real.", "One."), "answer", "a list"),
    "a sample without output": (replaced("```text output", "```text"), "answer", "text output"),
    "a wide line of code": (replaced("two 2", "x" * 89), "answer", "line of 89 characters"),
    "an override in a block of code": (
        replaced("two 2", "two \u202e2\u202c"), "answer", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
    "an isolate in code": (with_line("A `name\u2066x\u2069`."), "answer", "(U+2066) out of"),
    "a mark in indented code": (with_line("\n    one\u200ftwo\n"), "answer", "(U+200F)"),
    "an override in code of the title": (
        {"title": "What does `a\u202eb\u202c` mean?"}, "title", "near “ab”"),
    "an override in code of a phrasing": (
        {"asked_as": "What is `a\u202eb`?\n"}, "asked_as", "(U+202E)"),
    "an override in code of the prompt": ({"prompt": "See `a\u202db`."}, "prompt", "(U+202D)"),
    "HTML": (with_line("A <u>tag</u>."), "answer", "Put <u> into backquotes"),
    "an HTML block": (with_line("<div>\nblock\n</div>"), "answer", "<div>"),
    "an HTML comment": (with_line("<!-- hidden -->"), "answer", "<!-- hidden -->"),
    "HTML in the short answer": (
        {"short_answer": f"<u>{WORD * 50}</u>"}, "short_answer", "Put <u> into"),
    "bold that is none": (with_line("This is ** bold ** here."), "answer", "Mend the Markdown"),
    "a broken link": (with_line("See [this](two words)."), "answer", "Mend the Markdown"),
    "a heading that is none": (with_line("##Heading"), "answer", "Mend the Markdown"),
    "an open backquote": (with_line("Call `this."), "answer", "Mend the Markdown"),
    "a table that is none": (with_line("| a | b |\n| c | d |"), "answer", "Mend the Markdown"),
    "a dunder in bold": (with_line("Call __init__ first."), "answer", "names such as `__init__`"),
    "an image of ours without a text": (
        with_line("![](/static/icons.svg)"), "answer", "Say in the text of the image"),
    "an image of ours that is not there": (
        with_line("![x](/static/nowhere.png)"), "answer", "is missing"),
    "a link to a file": (with_line("[x](other.md)"), "answer", "“other.md” leads nowhere"),
    "a link by another protocol": (with_line("[x](ftp://x.org)"), "answer", "leads nowhere"),
    "a link to no heading": (with_line("[x](#nowhere)"), "answer", "none is called “#nowhere”"),
    "the heading of the page": (with_line("Text.\n\n# Top"), "answer", "Begin headings with ##"),
    "no link": ({"further_reading": ""}, "further_reading", "there are 0"),
    "five links": (
        {"further_reading": "".join(f"- [Page](https://x.org/{n})\n" for n in range(5))},
        "further_reading", "there are 5"),
    "http": ({"further_reading": "- [Page](http://x.org/)\n"}, "further_reading", "https address"),
    "javascript": ({"further_reading": "- [P](javascript:alert)\n"}, "further_reading", "links"),
    "a link twice": (
        {"further_reading": "- [A](https://x.org/a)\n- [B](https://x.org/a/)\n"},
        "further_reading", "each link once"),
    "text beside a link": (
        {"further_reading": "- See [A](https://x.org/a)\n"}, "further_reading", "nothing but"),
    "a link without a name": (
        {"further_reading": "- [](https://x.org/)\n"}, "further_reading", "nothing but"),
    "upper-case keywords": ({"keywords": "GIL, nogil"}, "keywords", "lower case"),
    "verified in the future": (
        {"verified_on": timezone.localdate() + timedelta(days=3)}, "verified_on", "to come"),
}  # fmt: skip

WARNINGS = {
    "a long sentence": (
        {"short_answer": f"A question {WORD * 29}. {WORD * 20}"},
        "short_answer", "sentence of 31 words"),
    "a first sentence beside the point": (
        {"title": "What is a lock?", "short_answer": f"{WORD * 25}. A lock {WORD * 25}."},
        "short_answer", "in a word of the title"),
    "much prose": (replaced("The detail", WORD * 351), "answer", "350 words"),
    "a long item": (replaced("One that is real.", WORD * 61), "answer", "60 words; it has 61"),
    "two paragraphs": (
        {"short_answer": f"A question. {WORD * 24}.\n\n{WORD * 24}."},
        "short_answer", "one paragraph"),
    "no runnable sample": (replaced("python run", "python"), "answer", "runnable"),
    "an image": (with_line("![alt](https://x.org/a.png)"), "answer", "a link to it is shown"),
    "a formula": (with_line("The set $A = \\{1\\}$."), "answer", "its source is shown"),
    "a diagram": (with_line("```mermaid\ngraph\n```"), "answer", "its source is shown"),
    "a skipped level": (with_line("Text.\n\n## One\n\n#### Three"), "answer", "level is missing"),
    "no keywords": ({"keywords": ""}, "keywords", "other names"),
    "an empty keyword": ({"keywords": "a,,b"}, "keywords", "comma"),
    "a keyword twice": ({"keywords": "a, b, a"}, "keywords", "“a” once"),
    "verified with nothing": ({"verified_with": ""}, "verified_with", "verified with"),
    "verified never": ({"verified_on": None}, "verified_on", "Say when"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "message"), ERRORS.values(), ids=ERRORS)
def test_an_error_names_the_field_and_says_what_to_do(
    changes: dict[str, Any], field: str, message: str
) -> None:
    problems = [
        problem for problem in rules.check_question(unsaved(**changes), TITLES) if problem.is_error
    ]
    assert [
        problem for problem in problems if problem.field == field and message in problem.message
    ]
    assert {problem.field for problem in problems} == {field}


@pytest.mark.parametrize(("changes", "field", "message"), WARNINGS.values(), ids=WARNINGS)
def test_a_warning_is_no_error(changes: dict[str, Any], field: str, message: str) -> None:
    [problem] = rules.check_question(unsaved(**changes), TITLES)
    assert (problem.field, problem.is_error) == (field, False)
    assert message in problem.message


@pytest.mark.parametrize(
    "changes",
    [
        {"answer": ""},
        {"asked_as": "Why is `a*b` so?\nTell me about `x`.\n"},
        {"asked_as": "".join(f"{n}{'a' * 159}\n" for n in range(8))},
        {"asked_as": "Explain 2 * 3 * 4, C#, C++ and snake_case\n"},
        {"prompt": "What does *this* print?\n\n```python\nprint(1)\n```\n\n| a |\n| --- |\n| 1 |"},
        {"prompt": "```python run\nprint(1)\n```\n\n```text output\n1\n```\n"},
    ],
)
def test_what_is_fine_beside_the_answer(changes: dict[str, Any]) -> None:
    assert rules.check_question(unsaved(**changes), TITLES) == []


@pytest.mark.parametrize(
    "line",
    [
        "Code such as `<b>`, `**kwargs`, `__init__` and `[x](y)` in backquotes.",
        "__Bold__ words, and __two of them__, as some write them: __важно__.",
        "If a < b and c > d, then a * d is no multiple of b.",
        "Names_with_underscores, C#, #1 and [brackets].",
        "A [link](https://x.org/) and <https://x.org/>.",
        "In prose \u2067\u05d0\u05d1, C++\u2069 has its use.",
        "```html\n<b>**raw**</b>\n# no heading\n```",
        "Bare https://x.org/, ~~old~~, <kbd>K</kbd>, H<sub>2</sub>O<br>and [below](#pitfalls).",
        "- [ ] open\n- [x] done\n\nA note.[^1]\n\n[^1]: Of it.\n\n> [!NOTE]\n> So.",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
    ],
)
def test_what_is_fine(line: str) -> None:
    assert rules.check_question(unsaved(**with_line(line)), TITLES) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("What is the GIL?", "Is a GIL what?", True),
        ("How do you cache a hot endpoint?", "How would you cache one hot endpoint?", True),
        ("How do you cache a hot endpoint?", "How do you test a hot endpoint?", False),
        ("What is it?", "What is that?", False),
        ("", "?", False),
    ],
)
def test_near_duplicates_have_their_telling_words_in_common(
    *, one: str, other: str, same: bool
) -> None:
    assert (duplicates.similarity(one, other) >= duplicates.NEAR_DUPLICATE) is same


# What the bank says


FRENCH = Bank(language="fr", example="Exemple", pitfalls="Pièges", follow_ups="Et ensuite")


def test_the_sections_have_the_names_that_the_bank_gives_them() -> None:
    answer = build.ANSWER
    for section, name in zip(Bank().sections, FRENCH.sections, strict=True):
        answer = answer.replace(f"## {section}", f"## {name}")
    assert rules.check_question(unsaved(answer=answer), {}, FRENCH) == []
    [problem] = rules.check_question(unsaved(), {}, FRENCH)
    assert "“## Exemple”, “## Pièges”, “## Et ensuite”, in this order" in problem.message


# What is shown wrongly, or says something false, is an error in every bank.
ALWAYS = {
    *("no title", "bold in the title", "a backquote too many", "the title of another"),
    *("no short answer", "a heading in the short answer", "a sample without output"),
    *("HTML", "an HTML block", "an HTML comment", "HTML in the short answer", "bold that is none"),
    *("a broken link", "a heading that is none", "an open backquote", "a table that is none"),
    *("a dunder in bold", "an image of ours without a text", "verified in the future"),
    *("an override in a block of code", "an isolate in code", "a mark in indented code"),
    *("an override in code of the title", "an image of ours that is not there"),
}


@pytest.mark.parametrize(("name", "changes"), [(name, error[0]) for name, error in ERRORS.items()])
def test_where_the_style_is_not_required_it_is_advice(name: str, changes: dict[str, Any]) -> None:
    bank = Bank(requires_style=False)
    required = rules.check_question(unsaved(**changes), TITLES)
    advised = rules.check_question(unsaved(**changes), TITLES, bank)
    assert sorted(p.message for p in advised) == sorted(p.message for p in required)
    always = name in ALWAYS or ({"asked_as", "prompt"} & changes.keys() and "wide" not in name)
    assert any(problem.is_error for problem in advised) is bool(always)
    assert all(problem.is_style for problem in required if problem not in advised)


# Titles that are told apart


def pair(**changes: Any) -> list[Question]:
    """Return two questions with one title, the second with `changes`."""
    return [unsaved(prompt="```python\nprint(1)\n```\n"), unsaved(**{"slug": "two", **changes})]


@pytest.mark.parametrize(
    ("changes", "is_fine"),
    [
        ({"prompt": "```python\nprint(2)\n```\n"}, True),
        ({"prompt": "Another.", "title": "What does the good question look like?"}, True),
        ({"prompt": "```python\nprint(1)\n```"}, False),
        ({"prompt": "\n"}, False),
        ({"replaced_by_id": 1, "published": False}, True),
    ],
)
@pytest.mark.django_db
def test_equal_titles_need_prompts_that_differ(changes: dict[str, Any], *, is_fine: bool) -> None:
    found = {
        question.slug: problems for question, problems in rules.check_questions(pair(**changes))
    }
    assert [bool(problems) for problems in found.values()] == [not is_fine] * 2
    # The same questions in the database.
    if changes.get("replaced_by_id"):
        changes = {**changes, "replaced_by_id": build.question(title="Which comes instead?").pk}
    for question in pair(**changes):
        question.category = build.category()
        question.save()
    [first, second] = Question.objects.filter(slug__in=["good", "two"]).order_by("slug")
    for question in first, second:
        problems = rules.check_question(question, rules.titles_beside(question))
        assert bool(problems) is not is_fine


# Who asks them: the shipped bank, the command, the admin


@pytest.mark.django_db
def test_the_shipped_bank_has_neither_errors_nor_warnings() -> None:
    found = list(rules.check_questions(as_questions(checked_entries(SHIPPED))))
    assert len(found) == 30
    assert [f"{q.slug}: {problem}" for q, problems in found for problem in problems] == []


@pytest.mark.django_db
def test_the_command_lists_errors_and_warnings_and_fails_on_errors() -> None:
    build.question(slug="fine", keywords="a", verified_with="x", verified_on="2026-01-01")
    assert run("check_bank") == (0, "1 question, 0 errors, 0 warnings.\n")
    build.question(slug="poor", position=2, title="No question", keywords="A")
    result = run("check_bank")
    assert result.code == 1
    assert "poor: error: title: Word it as a question" in result.text
    assert "poor: warning: verified_on: Say when" in result.text
    assert result.text.endswith("2 questions, 2 errors, 2 warnings.\n")


@pytest.mark.django_db
def test_what_is_wrong_in_a_draft_is_said_and_does_not_fail_the_command() -> None:
    build.question(slug="draft", published=False, short_answer="")
    result = run("check_bank")
    assert result.code == 0
    assert "draft (draft): error: short_answer:" in result.text
    assert result.text.count("(draft): error: ") == 1
    assert result.text.endswith(" 0 errors, 3 warnings, 1 error in drafts.\n")


@pytest.mark.django_db
def test_the_command_goes_by_the_bank_of_the_database_or_of_the_file(tmp_path: Path) -> None:
    build.question(title="Without a mark", further_reading="")
    assert run("check_bank").code == 1
    Bank.objects.create(requires_style=False)
    result = run("check_bank")
    assert result.code == 0
    assert "warning: title: Word it as a question" in result.text
    path = tmp_path / "some.yaml"
    text = SHIPPED.read_text().replace(
        "gil, global interpreter lock", "GIL, global interpreter lock"
    )
    path.write_text(text)
    assert run("check_bank", path).code == 1
    path.write_text(text.replace("requires_style: true", "requires_style: false"))
    assert run("check_bank", path).code == 0
    path.write_text(text[text.index("- model: questions.category") :])
    assert run("check_bank", path).code == 0
    Bank.objects.all().delete()
    assert run("check_bank", path).code == 1
    path.write_text(SHIPPED.read_text().replace("example: Example", "example: Exemple"))
    assert "Give it the sections “## Exemple”" in run("check_bank", path).text


@pytest.mark.django_db
def test_the_command_reads_files(tmp_path: Path) -> None:
    text = SHIPPED.read_text()
    path = tmp_path / "some.yaml"
    path.write_text(text.replace("gil, global interpreter lock", "GIL, global interpreter lock"))
    result = run("check_bank", path)
    assert result.code == 1
    assert result.text.startswith("gil: error: keywords: Write them in lower case.\n")
    assert run("check_bank", SHIPPED).code == 0
    assert run("check_bank", tmp_path / "nowhere.yaml").code == 1
    as_json = json.dumps(read_entries(SHIPPED), default=str, ensure_ascii=False)
    tmp_path.joinpath("some.json").write_text(as_json)
    assert run("check_bank", tmp_path / "some.json").code == 0
    path.write_text("- 1\n")
    assert run("check_bank", path).text.startswith("some.yaml: line 1: entry 1: ")


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("editor"))
    return client


def form(**changes: Any) -> dict[str, Any]:
    question = unsaved(**changes)
    names = [
        *("title", "slug", "level", "position", "short_answer", "answer", "further_reading"),
        *("keywords", "verified_with", "verified_on", "prompt", "asked_as"),
    ]
    fields: dict[str, Any] = {name: getattr(question, name) for name in names}
    fields |= {"category": build.category().pk, "published": "on" if question.published else ""}
    return {**fields, "former_slugs-TOTAL_FORMS": 0, "former_slugs-INITIAL_FORMS": 0}


@pytest.mark.django_db
def test_an_error_blocks_publishing_in_the_admin(editor: Client) -> None:
    build.question(slug="gil", title="What does the GIL protect?")
    fields = form(title="What does a GIL protect?", keywords="GIL", short_answer="Too short.")
    response = editor.post(ADD, fields)
    assert response.status_code == 200
    page = response.content.decode()
    assert "Word it differently: “gil” asks nearly the same." in page
    assert "Write them in lower case." in page
    assert "Bring it to 45 to 75 words; it has 2." in page
    assert Question.objects.count() == 1


def change_form(editor: Client) -> str:
    """Return the form of the only question."""
    key = Question.objects.get().pk
    return editor.get(f"/admin/questions/question/{key}/change/").content.decode()


@pytest.mark.django_db
def test_a_draft_can_be_saved_in_any_state_and_the_admin_says_what_is_missing(
    editor: Client,
) -> None:
    fields = form(published=False, short_answer="", keywords="GIL")
    response = editor.post(ADD, fields, follow=True)
    assert Question.objects.get().published is False
    assert "Before publishing, see to: short answer, keywords." in response.content.decode()
    page = change_form(editor)
    assert "Before publishing: A published question needs a short" in page
    assert "Before publishing: Write them in lower case." in page


@pytest.mark.django_db
def test_a_warning_does_not_block_publishing(editor: Client) -> None:
    response = editor.post(ADD, form(keywords=""), follow=True)
    assert Question.objects.get().published is True
    assert "Have a look at: keywords." in response.content.decode()
    assert "To look at: Add other names" in change_form(editor)


@pytest.mark.django_db
def test_the_style_blocks_nothing_where_the_bank_does_not_require_it(editor: Client) -> None:
    Bank.objects.create(requires_style=False)
    fields = form(title="No question", short_answer="Short.", answer="", further_reading="")
    response = editor.post(ADD, fields, follow=True)
    assert Question.objects.get().published is True
    assert "Have a look at: title, " in response.content.decode()
    assert "To look at: Word it as a question" in change_form(editor)
    fields = form(title="Another", slug="b", short_answer="Short <u>.", asked_as="Another\n")
    page = editor.post(ADD, fields).content.decode()
    assert "Put &lt;u&gt; into backquotes" in page
    assert "Say it once: line 1 repeats the title or another line." in page
    assert Question.objects.count() == 1


@pytest.mark.django_db
def test_a_question_is_no_duplicate_of_itself(editor: Client) -> None:
    editor.post(ADD, form())
    question = Question.objects.get()
    fields = form(title="What does a good question look like, then?", slug="renamed")
    address = f"/admin/questions/question/{question.pk}/change/"
    assert editor.post(address, fields).status_code == 302
    assert Question.objects.get().slug == "renamed"


# A published question that breaks rules already


def published_with_errors(**changes: Any) -> Question:
    """Return a question as `loaddata` can bring it, which asks for no style."""
    return build.question(
        slug="good", title="What does a good question look like?", answer="All.", **changes
    )


def test_an_error_counts_as_the_same_where_only_its_numbers_differ() -> None:
    def problems(**changes: Any) -> list[rules.Problem]:
        return rules.check_question(unsaved(**changes), {})

    before = problems(short_answer="Too short.", keywords="GIL")
    assert rules.new_errors(problems(short_answer="Much too short."), before) == []
    [new] = rules.new_errors(problems(keywords="GIL", title="No question"), before)
    assert new.field == "title"
    [new] = rules.new_errors(problems(**with_line("<u> <u>")), problems(**with_line("<u>")))
    assert "Put <u>" in new.message


@pytest.mark.django_db
def test_a_published_question_can_be_saved_where_its_errors_were_there_before(
    editor: Client,
) -> None:
    question = published_with_errors()
    address = f"/admin/questions/question/{question.pk}/change/"
    fields = form(answer="All.", keywords="new")
    page = editor.post(address, fields, follow=True).content.decode()
    assert "Still to be mended: answer" in page
    assert "Still to be mended: Give it the sections" in change_form(editor)
    question.refresh_from_db()
    assert question.keywords == "new"
    page = editor.post(address, {**fields, "keywords": "New"}).content.decode()
    assert "Write them in lower case." in page
    assert "Still to be mended: Give it the sections" in page
    Question.objects.update(published=False)
    page = editor.post(address, fields).content.decode()
    assert "Give it the sections" in page


@pytest.mark.django_db
def test_a_refresh_takes_back_what_an_export_wrote(tmp_path: Path) -> None:
    published_with_errors(asked_as="One?\nOne?\n")
    path = tmp_path / "export.yaml"
    run("export_bank", path)
    assert run("refresh_bank", path).code == 0
    assert run("loaddata", path).code == 0
    path.write_text(path.read_text().replace("level: core", "level: core\n    keywords: A"))
    result = run("refresh_bank", path, on_conflict="theirs")
    assert result == (
        1,
        "question “good”: error: keywords: Write them in lower case. Nothing was written.\n",
    )


@pytest.mark.django_db
def test_a_refresh_tells_all_errors_of_content_at_once(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    text = SHIPPED.read_text()
    path.write_text(text.replace("    keywords: ", "    keywords: A, ").replace("```text", "```a"))
    lines = run("refresh_bank", path).text.splitlines()
    assert len(lines) == 21
    assert "question “gil”: error: keywords: Write them in lower case." in lines
    assert lines[-1].startswith("And ")


# Many titles


def test_of_three_equal_titles_one_other_asks_it_as_well() -> None:
    questions = [unsaved(slug=f"q{n}", prompt="") for n in range(3)]
    for _, [problem] in rules.check_questions(questions):
        assert problem.message.endswith(" and 1 other ask it.")


def test_of_many_equal_titles_each_question_says_so_once() -> None:
    questions = [unsaved(slug=f"q{n}", prompt="") for n in range(30)]
    for question, problems in rules.check_questions(questions):
        [problem] = problems
        other = "q1" if question.slug == "q0" else "q0"
        assert problem.message == (
            f"Word it differently, or give both a prompt: “{other}” and 28 others ask it."
        )


def test_the_index_finds_the_near_duplicates_that_comparing_all_titles_finds() -> None:
    random = Random(1)  # noqa: S311
    words = [f"word{n}" for n in range(300)]
    titles = {
        f"q{n}": f"{' '.join(random.choices(words, k=random.randint(1, 9)))}?" for n in range(400)
    }
    titles |= {f"{slug}-b": title.replace("?", " more?") for slug, title in titles.items()}
    index = duplicates.TitleIndex((slug, title, "") for slug, title in titles.items())
    for slug, title in titles.items():
        alike = index.alike(slug, title, "")
        expected = duplicates.among(unsaved(slug=slug, title=title), titles)
        assert (bool(alike.equal), bool(alike.near)) == (bool(expected.equal), bool(expected.near))


@pytest.mark.django_db
def test_a_form_reads_few_titles_and_finds_what_comparing_all_finds() -> None:
    random = Random(1)  # noqa: S311
    words = ["GIL", "async/await", "__get__", "C#", "caches", "cached", "naïve", "断路器", "is"]
    words += [f"word{n}" for n in range(30)]
    titles = [f"{' '.join(random.choices(words, k=random.randint(1, 9)))}?" for _ in range(60)]
    titles += [title.replace("?", " more?") for title in titles]
    category = build.category()
    Question.objects.bulk_create(
        Question(category=category, slug=f"q{n}", title=title, level="core")
        for n, title in enumerate(titles)
    )
    questions = list(Question.objects.all())
    every = {question.slug: question.title for question in questions}
    read = 0
    for question in questions:
        beside = rules.titles_beside(question)
        read += len(beside)
        found, expected = (duplicates.among(question, some) for some in (beside, every))
        assert bool(found.equal) == bool(expected.equal), question.title
        assert bool(found.near) == bool(expected.near), (question.title, expected)
    assert read < len(questions) ** 2 / 4


@pytest.mark.parametrize("title", ["What is case {}?", "What comes out of the tap in this house?"])
def test_ten_thousand_titles_are_compared_in_seconds(title: str) -> None:
    rows = [(f"q{n}", title.format(n), f"{n}" if "{" not in title else "") for n in range(10_000)]
    started = time.process_time()
    index = duplicates.TitleIndex(rows)
    assert not any(any(index.alike(*row)) for row in rows)
    assert time.process_time() - started < 20


# Any language

CHINESE = "\u9600\u95e8"


@pytest.mark.parametrize("mark", ["\uff1f", "\u061f", "\u037e", ";"])
def test_a_question_ends_with_the_mark_of_its_language(mark: str) -> None:
    assert rules.check_question(unsaved(title=f"A good question{mark}"), {}) == []


def test_where_a_script_has_no_spaces_two_characters_count_as_a_word() -> None:
    short = unsaved(title=f"{CHINESE}\uff1f", short_answer=f"{CHINESE * 44}\u3002")
    problem, *_ = rules.check_question(short, {})
    assert problem.message == "Bring it to 45 to 75 words; it has 44."
    long = unsaved(title=f"{CHINESE}\uff1f", short_answer=f"{CHINESE * 25}\u3002" * 2)
    assert rules.check_question(long, {}) == []
    assert rules.count_words(parser().parse("\u9600\u95e8 API \u95e8")) == 3


def test_titles_without_spaces_are_near_duplicates_by_their_pairs_of_characters() -> None:
    titles = {"other": "\u4e3a\u4ec0\u4e48\u8981\u5173\u95ed\u603b\u9600\uff1f"}
    same = unsaved(title="\u4e3a\u4ec0\u4e48\u8981\u5173\u95ed\u9600\uff1f")
    assert any("nearly the same" in str(problem) for problem in rules.check_question(same, titles))
