"""
The index on SQLite: FTS5 without a copy of the text, kept by triggers.

`detail=column` keeps no positions: it is half the size, its prefixes are faster, and no search
asks for phrases.
"""

from collections.abc import Iterable
from string import punctuation

from django.db.backends.utils import CursorWrapper

from questions.search.index import (
    ANSWER_LENGTH,
    INDEXED,
    AllOf,
    Condition,
    Scope,
    cleaned,
    nested_replace,
    run_together,
)
from questions.search.words import WORD_LENGTH, Term

# What stands between words without a space, and around them. (SQLite's parser gives up at some
# thirty nested calls.)
INNER_SIGNS = "\n-_/.,('`"
OUTER_SIGNS = punctuation.replace("'", "''") + "\r\t“”‘’…"

COLUMNS = "topic, names, head, lead, body, facets"
COLUMNS_OF = {
    Scope.TOPIC: "topic",
    Scope.NAMES: "names",
    Scope.HEAD: "names head",
    Scope.LEAD: "names head lead",
    Scope.ALL: "names head lead body",
}


def candidates(
    cursor: CursorWrapper,
    table: str,
    scope: Scope,
    condition: Condition,
    facets: Iterable[str],
    limit: int,
) -> list[int]:
    """Return the keys of up to `limit` questions that match, lowest first."""
    narrowed = [f'{{facets}} : "{facet}"' for facet in facets]
    match = " AND ".join([*narrowed, f"{{{COLUMNS_OF[scope]}}} : ({expression(condition)})"])
    cursor.execute(
        f"SELECT rowid FROM {table}_search WHERE {table}_search MATCH %s LIMIT %s", [match, limit]
    )
    return [key for (key,) in cursor.fetchall()]


def expression(condition: Condition) -> str:
    if isinstance(condition, Term):
        return f'"{condition.beginning}"' + ("" if condition.is_exact else "*")
    joint = " AND " if isinstance(condition, AllOf) else " OR "
    return joint.join(f"({expression(part)})" for part in condition.parts)


# What `migrate` installs


def install(cursor: CursorWrapper, table: str) -> None:
    """Create the index and its triggers, and fill it, unless all is there as it should be."""
    wanted = {name: statement.strip() for name, statement in statements(table).items()}
    places = ", ".join(["%s"] * len(wanted))
    cursor.execute(
        f"SELECT name, type, sql FROM sqlite_master WHERE name IN ({places})", list(wanted)
    )
    existing = cursor.fetchall()
    if {name: sql for name, _, sql in existing} == wanted:
        return
    for name, kind, _ in existing:
        cursor.execute(f"DROP {kind} {name}")
    for statement in wanted.values():
        cursor.execute(statement)
    cursor.execute(f"INSERT INTO {table}_search (rowid, {COLUMNS}) {document(table)} FROM {table}")
    cursor.execute(f"INSERT INTO {table}_word {words(table, table, source=f'{table}, ')}")


def statements(table: str) -> dict[str, str]:
    """Return what creates each table and trigger, by its name."""
    old = ", ".join(f"OLD.{column}" for column in INDEXED)
    new = ", ".join(f"NEW.{column}" for column in INDEXED)
    add = f"""
              INSERT INTO {table}_search (rowid, {COLUMNS}) {document("NEW")};
              INSERT INTO {table}_word {words(table, "NEW")};"""
    # FTS5 keeps no text here, so it has to be told what it is to forget.
    remove = f"""
              INSERT INTO {table}_search ({table}_search, rowid, {COLUMNS})
              SELECT 'delete', forgotten.* FROM ({document("OLD")}) forgotten;"""
    return {
        f"{table}_search": f"""
            CREATE VIRTUAL TABLE {table}_search USING fts5(
              {COLUMNS}, content='', detail=column, prefix='1 2 3',
              tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co So Mn'")""",
        f"{table}_word": f"CREATE TABLE {table}_word (word text PRIMARY KEY) WITHOUT ROWID",
        f"{table}_search_insert": f"""
            CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN{add}
            END""",
        f"{table}_search_update": f"""
            CREATE TRIGGER {table}_search_update AFTER UPDATE ON {table}
            WHEN (NEW.id, {new}) IS NOT (OLD.id, {old}) BEGIN{remove}{add}
            END""",
        f"{table}_search_delete": f"""
            CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN{remove}
            END""",
    }


def document(row: str) -> str:
    """Return the SELECT of what is indexed of a row: of NEW and OLD, or of the whole table."""
    first_keyword = f"substr({row}.keywords, 1, instr({row}.keywords || ',', ',') - 1)"
    return f"""
      SELECT {row}.id,
             {run_together(f"{row}.slug || ',' || {first_keyword}")},
             {run_together(f"{row}.keywords")},
             {cleaned(f"{row}.slug || ' ' || {row}.title || ' ' || {row}.keywords")},
             {cleaned(f"{row}.short_answer")},
             {cleaned(f"substr({row}.answer, 1, {ANSWER_LENGTH})")},
             iif({row}.published, 'published ', '')
               || 'category' || {row}.category_id || ' level' || {row}.level"""


def words(table: str, row: str, source: str = "") -> str:
    """Return the SELECT of the words in a row's head and short answer that are new."""
    columns = ("slug", "title", "keywords", "short_answer")
    text = " || ' ' || ".join(f"{row}.{column}" for column in columns)
    spaced = nested_replace(f"lower({text})", [(sign, " ") for sign in INNER_SIGNS])
    # A list in JSON is the one text that SQLite takes apart.
    listed = f"""'[' || replace(json_quote({spaced}), ' ', '","') || ']'"""
    return f"""
      SELECT DISTINCT trim(value, '{OUTER_SIGNS}') fresh FROM {source}json_each({listed})
      WHERE length(fresh) BETWEEN 3 AND {WORD_LENGTH} AND fresh NOT GLOB '*[^a-z]*'
        AND fresh NOT IN (SELECT word FROM {table}_word)"""
