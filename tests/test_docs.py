"""What the documentation lists and the code knows must agree."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from django.conf import settings

from questions.checking import rules, runs, sandbox
from questions.exports.views import FORMATS
from questions.models import (
    ANSWER_LENGTH,
    FURTHER_READING_LENGTH,
    PROMPT_LENGTH,
    SHORT_ANSWER_LENGTH,
    Bank,
    Question,
)
from questions.triggers import history as history_triggers
from tests.refreshing.bad_files import BAD

BASE_DIR: Path = settings.BASE_DIR


def test_every_environment_variable_is_documented_and_every_documented_one_is_read() -> None:
    code = "".join(
        (BASE_DIR / path).read_text() for path in ("qabank/settings.py", "qabank/environment.py")
    )
    read = set(re.findall(r"""(?:environ\.get|env_\w+|number)\(\s*["']([A-Z_]+)""", code))
    table = (BASE_DIR / "docs" / "configuration.md").read_text()
    assert set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)) == read


def test_every_field_that_authors_fill_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", (BASE_DIR / "docs" / "writing.md").read_text()))
    models = (Bank, Question)
    fields = {field.name for model in models for field in model._meta.concrete_fields} - {"id"}
    assert fields <= documented


def test_every_export_format_is_documented() -> None:
    documented = (BASE_DIR / "docs" / "exporting.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", documented, re.MULTILINE) == list(FORMATS)


def test_the_map_of_the_code_leads_to_files_that_exist() -> None:
    readme = (BASE_DIR / "README.md").read_text()
    for path in re.findall(r"^\| (`.*?`) \|", readme, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", path):
            assert (BASE_DIR / name).exists(), name
    for path in re.findall(r"\]\(([^):]+)\)", readme):
        assert (BASE_DIR / path).exists(), path


def test_every_target_that_the_readme_names_exists() -> None:
    readme = (BASE_DIR / "README.md").read_text()
    targets = re.findall(r"^([a-z]+):", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`?make ([a-z]+)", readme)) <= set(targets)


def test_every_lock_holds_the_very_packages_that_the_site_runs_with() -> None:
    def pinned(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (BASE_DIR / name).read_text(), re.MULTILINE))

    for name in ("requirements-dev.txt", "requirements-watching.txt"):
        assert pinned("requirements.txt") <= pinned(name)


def test_what_the_site_imports_is_in_its_lock() -> None:
    """The development tools, with which tests run, bring packages that the site might lack."""
    lock = (BASE_DIR / "requirements.txt").read_text()
    locked = set(re.findall(r"^[\w.-]+", lock, re.MULTILINE))
    locked |= {"prometheus-client", "sentry-sdk"}  # imported only where a variable asks for them
    packages = packages_distributions()
    for path in [*BASE_DIR.glob("*.py"), *BASE_DIR.glob("q*/**/*.py")]:
        for module in imported(ast.parse(path.read_text())):
            names = {name.lower().replace("_", "-") for name in packages.get(module, [])}
            assert not names or names & locked, f"{path} imports {module}"


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the first part of the name of each module that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_the_numbers_of_the_rules_and_limits_are_documented() -> None:
    writing = (BASE_DIR / "docs" / "writing.md").read_text()
    for text in (
        f"more than {rules.TITLE_CHARACTERS} characters",
        f"not {rules.SHORT_ANSWER_WORDS[0]} to {rules.SHORT_ANSWER_WORDS[-1]} words",
        f"a sentence of more than {rules.SENTENCE_WORDS} words",
        f"more than {rules.PROSE_WORDS} words",
        f"over {rules.ITEM_WORDS} words",
        f"over {rules.CODE_WIDTH} characters",
        f"up to {rules.PHRASINGS} lines",
        f"of at most {rules.PHRASING_CHARACTERS} characters",
        f"not {rules.LINKS[0]} to {rules.LINKS[-1]} links",
    ):
        assert text in writing
    editing = " ".join((BASE_DIR / "docs" / "editing.md").read_text().split())
    for text in (
        f"A short answer may have {SHORT_ANSWER_LENGTH:,} characters",
        f"an answer {ANSWER_LENGTH:,}",
        f"the further reading {FURTHER_READING_LENGTH:,}",
        f"a prompt {PROMPT_LENGTH:,}",
        f"The newest {history_triggers.CHANGES_KEPT} versions",
    ):
        assert text in editing
    checking = " ".join((BASE_DIR / "docs" / "checking.md").read_text().split())
    for text in (
        f"longer than {runs.TIMEOUT:g} seconds",
        f"more than {runs.OUTPUT_LIMIT >> 20} MB",
        f"{sandbox.PROCESS_LIMIT} processes and threads",
        f"gets {sandbox.MEMORY_LIMIT >> 30} GB of address space",
        f"ends at {sandbox.FILE_LIMIT >> 20} MB",
        f"holds {sandbox.FOLDER_LIMIT >> 20} MB",
    ):
        assert text in checking


def test_the_bad_files_are_counted_right() -> None:
    operating = (BASE_DIR / "docs" / "operating.md").read_text()
    assert f"{len(BAD)} kinds of bad file" in operating
