"""
The text of a fixture file, in YAML, JSON or JSON lines, as entries that know their lines.

One entry is read after the other, so that a file of many small parts, or of deep ones, takes no
more memory than the values that it gives.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from yaml.composer import Composer
from yaml.reader import Reader, ReaderError

from questions.amounts import amount
from questions.models.fields import described

FILE_LIMIT = 64 << 20  # bytes
DEPTH_LIMIT = 10  # of nested lists and mappings; ours have 5
PARTS_LIMIT = 1_000  # values of one entry; ours have 40
STANDARD_INPUT = Path("-")  # and standard output, where something is written
FAULTS_SHOWN = 20


class FixtureError(Exception):
    """The faults of fixture files, each described in one line."""


class Faults:
    """Collects faults: the first of them in words, the others as a number."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.count = 0

    def add(self, fault: str) -> None:
        self.count += 1
        if self.count <= FAULTS_SHOWN:
            self.shown.append(f"{' '.join(fault.split()).removesuffix('.')}.")

    def raise_if_any(self) -> None:
        if more := self.count - len(self.shown):
            self.shown.append(f"And {amount(more, 'more fault')}.")
        if self.shown:
            raise FixtureError("\n".join(self.shown))


class ReadEntry(NamedTuple):
    """An entry as it was read, unchecked."""

    value: Any
    line: int  # of the file, from 1
    # The line of each field, and how the file writes a value that is no text; None for a text, and
    # in JSON.
    places: dict[str, tuple[int, str | None]]


def read(path: Path) -> Iterator[ReadEntry]:
    """Yield the entries of a file, or of standard input for “-”. Raises FixtureError."""
    suffix = path.suffix
    if path == STANDARD_INPUT:
        pass
    elif path.is_dir():
        raise FixtureError("a folder: name the files in it")
    elif not path.exists():
        raise FixtureError(
            "no such file: give the path of a fixture file, such as fixtures/bank.yaml"
        )
    elif suffix not in {".yaml", ".yml", ".json", ".jsonl", ".ndjson"}:
        raise FixtureError(
            f"{suffix or 'no'} format: the bank is kept as .yaml, .json or .jsonl; import_bank "
            "reads other files"
        )
    text = text_of(path)
    if path == STANDARD_INPUT:
        suffix = {"[": ".json", "{": ".jsonl"}.get(text.lstrip()[:1], ".yaml")
    yield from parse(text, suffix)


def name_of(path: Path) -> str:
    return "standard input" if path == STANDARD_INPUT else path.name


def text_of(path: Path) -> str:
    """Return the text of a file, or of standard input for “-”. Raises FixtureError."""
    try:
        if path == STANDARD_INPUT:
            content = sys.stdin.buffer.read(FILE_LIMIT + 1)
        else:
            with path.open("rb") as file:
                content = file.read(FILE_LIMIT + 1)  # a pipe has no size that could be asked for
        if len(content) > FILE_LIMIT:
            raise FixtureError(f"larger than {FILE_LIMIT >> 20} MB: split it")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FixtureError(f"not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise FixtureError(f"cannot be read: {error.strerror}") from error


def parse(text: str, suffix: str = ".yaml") -> Iterator[ReadEntry]:
    """Yield the entries of a text, unchecked. Raises FixtureError."""
    if not text.strip():
        raise FixtureError("empty: expected a list of entries, each with `model` and `fields`")
    if suffix in {".yaml", ".yml"}:
        entries = yaml_entries(text)
    else:
        entries = json_entries(text, are_lines=suffix != ".json")
    is_empty = True
    for entry in entries:
        is_empty = False
        yield entry
    if is_empty:
        raise FixtureError("expected a list of entries, each with `model` and `fields`")


# YAML


def yaml_entries(text: str) -> Iterator[ReadEntry]:
    try:
        yield from Loader(text).entries()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise FixtureError(f"{where}{explained(error.problem or error.context or '')}") from error
    except ReaderError as error:
        raise FixtureError(unreadable_character(text) or " ".join(str(error).split())) from error
    except (yaml.YAMLError, ValueError) as error:
        raise FixtureError(" ".join(str(error).split())) from error


# What YAML's parser says, and what the author can do about it.
EXPLAINED = {
    "mapping values are not allowed": "a text with a colon and a space in it takes quotes",
    "cannot start any token": "a text that begins with this character takes quotes",
    "did not find expected key": "check the indent; a text with quotes in it takes other quotes "
    "around the whole of it",
    "could not find expected ':'": "check the indent, and that each field has a colon and a space",
    "found a tab character": "indent by spaces",
    "did not find expected ',' or": "a text that begins with [ or { takes quotes",
    "unexpected end of stream": "a quote or a bracket is not closed",
}


def explained(problem: str) -> str:
    for part, explanation in EXPLAINED.items():
        if part in problem:
            return f"{problem} ({explanation})"
    return problem


def unreadable_character(text: str) -> str:
    match = Reader.NON_PRINTABLE.search(text)
    if match is None:
        return ""
    line = text.count("\n", 0, match.start()) + 1
    return f"line {line}: {described(match[0])}: control characters are not allowed"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader), Composer):  # type: ignore[misc]
    """
    Reads the entries of a list one by one.

    Refuses aliases, tags, keys that are not text, keys that occur twice, of which YAML would take
    the last one, and what is nested so deeply that a parser could overflow its stack.
    """

    depth = 0
    parts = 0  # of the entry that is being read

    def __init__(self, text: str) -> None:
        super().__init__(text)  # type: ignore[call-arg]
        self.anchors: dict[str, yaml.Node] = {}

    def entries(self) -> Iterator[ReadEntry]:
        self.get_event()  # the start of the stream
        if self.check_event(yaml.StreamEndEvent):
            return
        self.get_event()  # the start of the document
        if not self.check_event(yaml.SequenceStartEvent):
            raise ValueError("expected a list of entries, each with `model` and `fields`")
        self.checked(self.get_event())
        while not self.check_event(yaml.SequenceEndEvent):
            self.parts = 0
            node = self.compose_node(None, None)
            yield ReadEntry(
                self.construct_object(node, deep=True),
                node.start_mark.line + 1,
                places_of(node),
            )
            self.constructed_objects.clear()
            self.recursive_objects.clear()
        self.get_event()
        self.get_event()  # the end of the document
        if not self.check_event(yaml.StreamEndEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="expected a single document", problem_mark=mark)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node:
        event = self.checked(self.peek_event())
        self.parts += 1
        if self.parts > PARTS_LIMIT:
            raise yaml.MarkedYAMLError(
                problem=f"an entry of more than {PARTS_LIMIT:,} values",
                problem_mark=event.start_mark,
            )
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        assert node is not None  # noqa: S101 (only an alias to nothing would give None)
        return node

    def checked(self, event: Any) -> Any:
        problem = ""
        if event.anchor is not None:  # of an alias, or what one could name
            problem = "an alias (&name, *name) is not allowed"
        elif getattr(event, "tag", None) not in {None, "tag:yaml.org,2002:str"}:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            problem = f"a tag ({tag[:40]}) is not allowed: write the value alone"
        if problem:
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        return event

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key, _ in node.value:
            problem = ""
            if key.tag != "tag:yaml.org,2002:str":
                written = f" {clipped(key.value)}" if isinstance(key.value, str) else ""
                problem = f"the key{written} is not text: quote it"
            elif key.value in seen:
                problem = f"the key {clipped(key.value)!r} occurs twice"
            if problem:
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """Return the text of a day that does not exist: its field says what is wrong with it."""
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value

    def construct_yaml_int(self, node: yaml.ScalarNode) -> Any:
        """Return the text of a number that Python can't read, such as one of 5,000 digits."""
        try:
            return super().construct_yaml_int(node)
        except ValueError:
            return node.value


for name in ("timestamp", "int"):
    Loader.add_constructor(f"tag:yaml.org,2002:{name}", getattr(Loader, f"construct_yaml_{name}"))


def places_of(entry: yaml.Node) -> dict[str, tuple[int, str | None]]:
    """Return where the fields of an entry stand."""
    for key, value in entry.value if isinstance(entry, yaml.MappingNode) else ():
        if key.value == "fields" and isinstance(value, yaml.MappingNode):
            return {
                name.value: (name.start_mark.line + 1, raw(field)) for name, field in value.value
            }
    return {}


def raw(node: yaml.Node) -> str | None:
    """Return how a scalar is written that YAML does not take for a text."""
    is_text = node.tag == "tag:yaml.org,2002:str"
    return node.value if isinstance(node, yaml.ScalarNode) and not is_text else None


def clipped(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


# JSON


def json_entries(text: str, *, are_lines: bool) -> Iterator[ReadEntry]:
    """Yield the entries of a list, or those that stand one after another."""
    decoder = json.JSONDecoder(object_pairs_hook=mapping_of, parse_constant=refuse_constant)
    place = after_space(text, 0)
    line, counted = 1, 0  # the line of the place `counted`
    if not are_lines and text[place : place + 1] != "[":
        raise FixtureError("expected a list of entries, each with `model` and `fields`")
    place = place if are_lines else after_space(text, place + 1)
    is_open = not are_lines
    try:
        while place < len(text) and not (is_open and text[place] == "]"):
            line += text.count("\n", counted, place)
            counted = place
            value, place = decoder.raw_decode(text, place)
            yield ReadEntry(value, line, {})
            place = after_space(text, place)
            if is_open and text[place : place + 1] == ",":
                place = after_space(text, place + 1)
                if text[place : place + 1] == "]":
                    raise json.JSONDecodeError("A comma without an entry after it", text, place)
            elif is_open and text[place : place + 1] != "]":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, place)
        if is_open and after_space(text, place + 1) < len(text):
            raise json.JSONDecodeError("Extra data", text, place + 1)
        if is_open and place >= len(text):
            raise json.JSONDecodeError("Expecting ']'", text, place)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise FixtureError(f"{where}: {error.msg}") from error
    except RecursionError as error:
        raise FixtureError(f"line {line}: nested too deeply") from error
    except ValueError as error:
        raise FixtureError(f"line {line}: {error}") from error


def after_space(text: str, place: int) -> int:
    match = re.compile(r"[ \t\r\n]*").match(text, place)
    return match.end() if match else place


def mapping_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {clipped(twice)!r} occurs twice")
    return mapping


def refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")
