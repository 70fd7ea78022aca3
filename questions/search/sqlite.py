"""
The index on SQLite: an FTS5 table for each scope, which triggers update.

In one table with a column for each scope, FTS5 would read all matches of a word to find those in
one column. The tables store no copy of the texts and no positions of words: searches use neither.
"""

from string import punctuation

from django.db.backends.utils import CursorWrapper

from questions.search import index
from questions.search.index import INDEXED, AllOf, Condition, Narrowing, Scope
from questions.search.letters import DENSE_CLASS, WORD_LENGTH, folded_letters
from questions.search.words import Term

SIGNS = punctuation + "\n\r\t"
HALF = len(SIGNS) // 2  # SQLite's parser refuses more than some thirty nested calls
BEYOND = "\u0080-\U0010ffff"
BEYOND_ASCII = f"'*[{BEYOND}]*'"
DENSE = f"[{DENSE_CLASS}]"
BLOCK = 64  # letters

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
    match = " AND ".join([f"({expression(condition)})", *narrowing.facets])
    if narrowing.published:
        match = f"({match}) NOT {index.DRAFT}"
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
    cursor.executemany(
        f"INSERT INTO {table}_letter VALUES (%s, %s)", list(folded_letters().items())
    )
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
              tokenize=ascii)"""
        for scope in Scope
    }
    return {
        **tables,
        # The index has to be filled anew where the letters differ, which are as here.
        f"{table}_letter": f"""
            CREATE TABLE {table}_letter (
              /* {index.version_of_letters()} */
              letter text PRIMARY KEY, folded text) WITHOUT ROWID""",
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
      INSERT INTO {table}_search_{scope} (rowid, words)
      SELECT {row}.id, {text(table, scope, row)}"""


def removed(table: str, scope: Scope, row: str) -> str:
    # FTS5 has no text here, so it has to be told what it is to forget.
    name = f"{table}_search_{scope}"
    return f"""
      INSERT INTO {name} ({name}, rowid, words)
      SELECT 'delete', {row}.id, {text(table, scope, row)}"""


def text(table: str, scope: Scope, row: str) -> str:
    """Return SQL for what a scope holds of a row: of NEW, of OLD, or of each in the table."""
    keywords = f"{row}.keywords"
    first_keyword = f"substr({keywords}, 1, instr({keywords} || ',', ',') - 1)"
    texts = index.scoped(f"{row}.", first_keyword)
    scopes = list(Scope)
    held = [scope] if scope is Scope.TOPIC else scopes[1 : scopes.index(scope) + 1]
    content = " || ' ' || ".join(texts[part] for part in held)
    return " || ' ' || ".join([as_indexed(table, content), *index.facets(f"{row}.")])


def as_indexed(table: str, content: str) -> str:
    """
    Return SQL for a text as the index holds it: as letters.separated(), but for signs of ASCII.

    It is read in blocks: SQLite finds a place in a text by counting letters from its beginning.
    """
    return f"""(
      WITH
        plain(content) AS MATERIALIZED (SELECT {content}),
        typed(content) AS MATERIALIZED (SELECT {index.cleaned("content")} FROM plain)
      SELECT iif(content NOT GLOB {BEYOND_ASCII}, content, (
        WITH RECURSIVE
          place(at) AS (VALUES (1) UNION ALL SELECT at + 1 FROM place WHERE at < {BLOCK}),
          {blocks("typed")},
          letters(content) AS MATERIALIZED (
            SELECT group_concat(iif(part NOT GLOB {BEYOND_ASCII}, substr(part, 1, {BLOCK}), (
              SELECT group_concat(coalesce(folded, substr(part, at, 1)), '') FROM place
              LEFT JOIN {table}_letter ON letter = substr(part, at, 1)
              WHERE at <= min(length(part), {BLOCK}))), '')
            FROM typed_block),
          {blocks("letters")}
        SELECT iif(content NOT GLOB '*{DENSE}*', content, (
          SELECT group_concat(iif(part NOT GLOB '*{DENSE}*', substr(part, 1, {BLOCK}), (
            SELECT group_concat(iif(substr(part, at, 1) NOT GLOB '{DENSE}', substr(part, at, 1),
              ' ' || substr(part, at, 1 + (substr(part, at + 1, 1) GLOB '{DENSE}')) || ' '), '')
            FROM place WHERE at <= min(length(part), {BLOCK}))), '')
          FROM letters_block))
        FROM letters))
      FROM typed)"""


def blocks(source: str) -> str:
    """
    Return SQL for the blocks of a text, each with the first letter of the next one.

    The step of the recursion doesn't name `source`, which SQLite would compute anew in each.
    """
    return f"""{source}_block(rest, part) AS (
            SELECT content, substr(content, 1, {BLOCK} + 1) FROM {source}
            UNION ALL SELECT substr(rest, {BLOCK} + 1), substr(rest, {BLOCK} + 1, {BLOCK} + 1)
            FROM {source}_block WHERE length(rest) > {BLOCK})"""


def words(table: str, row: str, source: str = "") -> str:
    """Return the SELECT of the words of a row's vocabulary() that are new."""
    first, second = (
        index.nested_replace("content", [(sign, " ") for sign in signs])
        for signs in (SIGNS[:HALF], SIGNS[HALF:])
    )
    # A list in JSON is the one text that SQLite takes apart.
    listed = f"""(
      WITH
        indexed(content) AS (SELECT {as_indexed(table, index.vocabulary(f"{row}."))}),
        half(content) AS (SELECT {first} FROM indexed)
      SELECT '[' || replace(json_quote({second}), ' ', '","') || ']' FROM half)"""
    return f"""
      SELECT DISTINCT value fresh FROM {source}json_each({listed})
      WHERE length(fresh) BETWEEN 3 AND {WORD_LENGTH} AND fresh NOT GLOB '*[^a-z0-9{BEYOND}]*'
        AND fresh GLOB '*[a-z{BEYOND}]*' AND fresh NOT GLOB 'qq*'
        AND fresh NOT IN (SELECT word FROM {table}_word)"""
