"""
The index on SQLite: an FTS5 table for each scope, which triggers update.

In one table with a column for each scope, FTS5 would read all matches of a word to find those in
one column. The tables store no copy of the texts and no positions of words: searches use neither.
"""

from string import punctuation

from django.db.backends.utils import CursorWrapper

from questions.search.index import (
    INDEXED,
    INDEXED_LENGTH,
    AllOf,
    Condition,
    Narrowing,
    Scope,
    cleaned,
    nested_replace,
    quoted,
    run_together,
)
from questions.search.words import WORD_LENGTH, Term

# Signs that stand between words without a space, and around them. SQLite's parser refuses more than
# some thirty nested calls.
INNER_SIGNS = "\n-_/.,('`:="
OUTER_SIGNS = punctuation + "\r\t\u201c\u201d\u2018\u2019\u2026"  # typographic quotes, ellipsis

# The scope that is searched for beginnings of words also stores the column of each word, though
# there is only one. Such a search gets several times as fast, and the table three times as large.
DETAIL = dict.fromkeys(Scope, "none") | {Scope.ALL: "column"}


STOPS_AT_LIMIT = True  # FTS5 reads no more matches than the LIMIT of a query


def candidates(
    cursor: CursorWrapper,
    table: str,
    scope: Scope,
    condition: Condition,
    narrowing: Narrowing,
    limit: int,
) -> list[int]:
    """Return the keys of up to `limit` questions that match, lowest first."""
    match = " AND ".join(
        [f"({expression(condition)})", *(f"facet{facet}" for facet in narrowing.facets)]
    )
    if narrowing.published:
        match = f"({match}) NOT facetdraft"
    name = f"{table}_search_{scope}"
    cursor.execute(f"SELECT rowid FROM {name} WHERE {name} MATCH %s LIMIT %s", [match, limit])
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
    for scope in Scope:
        cursor.execute(f"{added(table, scope, table)} FROM {table}")
    cursor.execute(f"INSERT INTO {table}_word {words(table, table, source=f'{table}, ')}")


def statements(table: str) -> dict[str, str]:
    """Return what creates each table and trigger, by its name."""
    old = ", ".join(f"OLD.{column}" for column in INDEXED)
    new = ", ".join(f"NEW.{column}" for column in INDEXED)
    add = "".join(f"{added(table, scope, 'NEW')};" for scope in Scope)
    add += f" INSERT INTO {table}_word {words(table, 'NEW')};"
    remove = "".join(f"{removed(table, scope, 'OLD')};" for scope in Scope)
    tables = {
        f"{table}_search_{scope}": f"""
            CREATE VIRTUAL TABLE {table}_search_{scope} USING fts5(
              words, content='', columnsize=0, detail={DETAIL[scope]}, prefix='1 2 3',
              tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co So Mn'")"""
        for scope in Scope
    }
    return {
        **tables,
        f"{table}_word": f"CREATE TABLE {table}_word (word text PRIMARY KEY) WITHOUT ROWID",
        f"{table}_search_insert": f"""
            CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN{add} END""",
        f"{table}_search_update": f"""
            CREATE TRIGGER {table}_search_update AFTER UPDATE ON {table}
            WHEN (NEW.id, {new}) IS NOT (OLD.id, {old}) BEGIN{remove}{add} END""",
        f"{table}_search_delete": f"""
            CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN{remove} END""",
    }


def added(table: str, scope: Scope, row: str) -> str:
    return f"""
      INSERT INTO {table}_search_{scope} (rowid, words) SELECT {row}.id, {text(scope, row)}"""


def removed(table: str, scope: Scope, row: str) -> str:
    # FTS5 has no text here, so it has to be told what it is to forget.
    name = f"{table}_search_{scope}"
    return f"""
      INSERT INTO {name} ({name}, rowid, words) SELECT 'delete', {row}.id, {text(scope, row)}"""


def text(scope: Scope, row: str) -> str:
    """Return SQL for what a scope holds of a row: of NEW, of OLD, or of each in the table."""
    topic = f"{row}.slug || ',' || substr({row}.keywords, 1, instr({row}.keywords || ',', ',') - 1)"
    names = [run_together(f"{row}.keywords")]
    head = [*names, *(cleaned(f"{row}.{column}") for column in ("slug", "title", "keywords"))]
    lead = [*head, cleaned(f"{row}.short_answer")]
    parts = {
        Scope.TOPIC: [f"lower({topic})", run_together(topic)],
        Scope.NAMES: names,
        Scope.HEAD: head,
        Scope.LEAD: lead,
        Scope.ALL: [
            *lead,
            *(cleaned(f"{row}.{column}") for column in ("asked_as", "prompt")),
            cleaned(f"substr({row}.answer, 1, {INDEXED_LENGTH})"),
        ],
    }[scope]
    facets = [
        f"'facetcategory' || {row}.category_id",
        f"'facetlevel' || {row}.level",
        f"iif({row}.published, '', 'facetdraft')",
    ]
    return " || ' ' || ".join(parts + facets)


def words(table: str, row: str, source: str = "") -> str:
    """Return the SELECT of the words in a row's head and short answer that are new."""
    columns = ("slug", "title", "keywords", "short_answer")
    content = " || ' ' || ".join(f"{row}.{column}" for column in columns)
    spaced = nested_replace(f"lower({content})", [(sign, " ") for sign in INNER_SIGNS])
    # A list in JSON is the one text that SQLite takes apart.
    listed = f"""'[' || replace(json_quote({spaced}), ' ', '","') || ']'"""
    return f"""
      SELECT DISTINCT trim(value, {quoted(OUTER_SIGNS)}) fresh FROM {source}json_each({listed})
      WHERE length(fresh) BETWEEN 3 AND {WORD_LENGTH} AND fresh NOT GLOB '*[^a-z0-9]*'
        AND fresh GLOB '*[a-z]*'
        AND fresh NOT IN (SELECT word FROM {table}_word)"""
