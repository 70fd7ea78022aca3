"""
Writing fixture files: whole ones, and fields of questions in place.

Long texts are written as block scalars, so that an answer reads as Markdown, also in a diff.
"""

import contextlib
import math
import os
import re
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import yaml

from questions.refreshing.files import FIELDS, QUESTION, FixtureEntry, parse
from questions.refreshing.reading import FixtureError, Loader

LONG_TEXT = 200  # characters
HEADER = "# The question bank. docs/writing.md explains the fields and the Markdown conventions.\n"


def dump(entries: list[FixtureEntry]) -> str:
    """Return entries as the text of a fixture file."""
    return HEADER + "\n".join(yaml_text([entry]) for entry in entries)


def write_file(path: Path, text: str) -> None:
    """
    Write a fixture file atomically: nobody can read it half-written, and a full disk spoils none.

    A symbolic link stays, and the file that it leads to is replaced. Raises FixtureError where
    there is something else than a regular file, such as a device, a pipe or a folder, and for a
    name that is not one of YAML.
    """
    fault = not_yaml(path)
    path = path.resolve()
    if os.path.lexists(path) and not path.is_file():
        raise FixtureError(f"{path} is no regular file")
    if fault:
        raise FixtureError(fault)
    before = path.stat() if path.exists() else None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    except OSError as error:
        error.filename = str(path.parent)  # rather than a name that nobody has heard of
        raise
    # As bytes: text is written with other line ends on some systems.
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
        try:
            file.write(text.encode())
            file.flush()
            os.fsync(descriptor)
            os.fchmod(descriptor, before.st_mode & 0o777 if before else 0o644)
            if before:
                with contextlib.suppress(OSError):  # only root may give a file away
                    os.fchown(descriptor, before.st_uid, before.st_gid)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink()
            raise


def not_yaml(path: Path) -> str:
    """Return why no fixture file is written under a name; "" where it can be."""
    if path.suffix in {".yaml", ".yml"}:
        return ""
    return f"“{path}” does not end with .yaml, and YAML is what is written"


def with_fields(text: str, changes: dict[str, dict[str, Any]]) -> str:
    """
    Return the text of a YAML file with fields of questions set, by slug; None removes a field.

    All other bytes stay as they are, comments included. Raises FixtureError where the style of the
    file makes that impossible.
    """
    lines = text.splitlines(keepends=True)
    wanted = parse(text)
    edits: list[tuple[int, int, list[str]]] = []  # first line, one past the last, new lines
    for entry, node in zip(wanted, nodes(text), strict=True):
        if entry["model"] != QUESTION:
            continue
        values = changes.get(entry["fields"]["slug"], {})
        places, indent = field_places(node, lines)
        after = 0  # a field that the entry lacks goes behind the one before it in FIELDS
        for name in FIELDS[QUESTION]:
            start, after = places.get(name, (after, after))
            if name not in values or values[name] == entry["fields"].get(name):
                continue
            entry["fields"].pop(name, None)
            new = ""
            if values[name] is not None:
                entry["fields"][name] = values[name]
                new = textwrap.indent(yaml_text({name: values[name]}), indent)
            edits.append((start, after, new.splitlines(keepends=True)))
    # From the end, so that the line numbers of the edits before stay right.
    edits.sort(key=lambda edit: edit[:2])
    for start, end, new_lines in reversed(edits):
        lines[start:end] = new_lines
    changed = "".join(lines)
    with contextlib.suppress(FixtureError):
        if parse(changed) == wanted:
            return changed
    raise FixtureError("its style of YAML can't be changed in place: edit it by hand")


def nodes(text: str) -> list[yaml.MappingNode]:
    root = yaml.compose(text, Loader)
    return root.value if isinstance(root, yaml.SequenceNode) else []


def field_places(
    entry: yaml.MappingNode, lines: list[str]
) -> tuple[dict[str, tuple[int, int]], str]:
    """Return the line numbers of each field, first and one past the last, and their indent."""
    fields = next(value for key, value in entry.value if key.value == "fields")
    places = {}
    for key, value in fields.value:
        start, end = key.start_mark.line, value.end_mark.line + bool(value.end_mark.column)
        while not lines[end - 1].strip():
            end -= 1  # a block scalar includes the empty lines after it
        places[key.value] = (start, end)
    return places, " " * fields.start_mark.column


class Dumper(yaml.SafeDumper):
    """Writes long text as a block scalar, and a natural key on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        super().increase_indent(flow, False)  # noqa: FBT003 (lists are indented)

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = None
        if re.search("[\x85\u2028\u2029]", text):
            style = '"'  # in other styles YAML reads them as line feeds
        elif ("\n" in text or len(text) > LONG_TEXT) and not re.search(r"(^|\n)\n\Z", text):
            style = "|"  # not where it ends in empty lines: they would look like a separator
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)

    def represent_natural_key(self, key: list[Any]) -> yaml.SequenceNode:
        is_key = all(isinstance(part, str) for part in key)
        return self.represent_sequence("tag:yaml.org,2002:seq", key, flow_style=is_key)


Dumper.add_representer(str, Dumper.represent_text)
Dumper.add_representer(list, Dumper.represent_natural_key)


def yaml_text(value: Any) -> str:
    return yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=math.inf)
