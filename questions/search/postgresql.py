"""
The index on PostgreSQL: a text search vector for each question in a table of its own, which
triggers update.

A vector holds each word with its scope (`head:decorator`). PostgreSQL's own weights are not in the
index: it would have to read the vector of each match. PostgreSQL's parser is not used either: it
does not split `async/await`, and drops signs and pictures.
"""

import hashlib

from django.db.backends.utils import CursorWrapper

from questions.search import index
from questions.search.index import INDEXED, AllOf, Condition, Narrowing, Scope
from questions.search.letters import DENSE_CLASS, WORD_LENGTH, folded_letters
from questions.search.words import Term

SIGNS = "[\\x01-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7F]+"  # those of ASCII
DENSE = f"[{DENSE_CLASS}]"

STOPS_AT_LIMIT = False  # a GIN index collects all matches first


def candidates(
    cursor: CursorWrapper,
    table: str,
    scope: Scope,
    condition: Condition,
    narrowing: Narrowing,
    limit: int,
) -> list[int]:
    """Return the keys of up to `limit` questions that match, in the order of storage."""
    parts = [f"({expression(condition, scope)})"]
    parts += [f"'{Scope.ALL}:{facet}'" for facet in narrowing.facets]
    if narrowing.published:
        parts.append(f"!'{Scope.ALL}:{index.DRAFT}'")
    cursor.execute(f"SELECT {table}_candidates(%s::tsquery, %s)", [" & ".join(parts), limit])
    return [key for (key,) in cursor.fetchall()]


def expression(condition: Condition, scope: Scope) -> str:
    if isinstance(condition, Term):
        return f"'{scope}:{condition.beginning}'" + ("" if condition.is_exact else ":*")
    joint = " & " if isinstance(condition, AllOf) else " | "
    return joint.join(f"({expression(part, scope)})" for part in condition.parts)


# What `migrate` installs


def install(cursor: CursorWrapper, table: str) -> None:
    """Create the index and its triggers, and fill it, unless all is there as it should be."""
    wanted = statements(table)
    version = hashlib.sha256("".join((*wanted, *triggers(table))).encode()).hexdigest()
    cursor.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", [f"{table}_search"])
    is_current = cursor.fetchone() == (version,)
    cursor.execute(
        "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgname = ANY(%s)",
        [table, list(triggers(table))],
    )
    if is_current and cursor.fetchone() == (len(triggers(table)),):
        return
    # Else a question that another transaction adds meanwhile would be added twice, or not at all.
    cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    if not is_current:
        for statement in wanted:
            cursor.execute(statement)
        letters = folded_letters()
        cursor.execute(
            f"INSERT INTO {table}_letter SELECT * FROM unnest(%s::text[], %s::text[])",
            [list(letters), list(letters.values())],
        )
        cursor.execute(f"COMMENT ON TABLE {table}_search IS '{version}'")
    for statement in triggers(table).values():
        cursor.execute(statement)
    fill(cursor, table)


def fill(cursor: CursorWrapper, table: str) -> None:
    """Bring the index up to date, in a way that searches needn't wait for."""
    cursor.execute(f"""
        DELETE FROM {table}_search WHERE question_id NOT IN (SELECT id FROM {table})""")
    cursor.execute(f"""
        INSERT INTO {table}_search AS kept
        SELECT id, {table}_tokens({", ".join(INDEXED)}) FROM {table}
        ON CONFLICT (question_id) DO UPDATE SET tokens = EXCLUDED.tokens
        WHERE kept.tokens <> EXCLUDED.tokens""")
    cursor.execute(f"""
        INSERT INTO {table}_word SELECT DISTINCT word FROM {table}, {new_words(table, table)}""")


def statements(table: str) -> list[str]:
    """Return what creates tables and functions anew."""
    old = ", ".join(f"OLD.{column}" for column in INDEXED)
    new = ", ".join(f"NEW.{column}" for column in INDEXED)
    words = {
        scope: f"{table}_words({texts})"
        for scope, texts in index.scoped("", "split_part(keywords, ',', 1)").items()
    }
    return [
        f"DROP TABLE IF EXISTS {table}_search, {table}_word, {table}_letter",
        f"""
        CREATE TABLE {table}_letter (
          /* {index.version_of_letters()} */
          letter text COLLATE "C" PRIMARY KEY, folded text NOT NULL)""",
        f"CREATE TABLE {table}_search (question_id bigint PRIMARY KEY, tokens tsvector NOT NULL)",
        # Without the list of pending entries, which each search would have to go through.
        f"""
        CREATE INDEX {table}_search_tokens ON {table}_search USING gin (tokens)
        WITH (fastupdate = off)""",
        f'CREATE TABLE {table}_word (word text COLLATE "C" PRIMARY KEY)',
        # The planner takes the table for small, as it does not count the vectors, which lie
        # elsewhere. To read them all takes 300 ms where the index takes one.
        f"""
        CREATE OR REPLACE FUNCTION {table}_candidates(query tsquery, most int)
        RETURNS SETOF bigint LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
        BEGIN
          RETURN QUERY SELECT question_id FROM {table}_search WHERE tokens @@ query LIMIT most;
        END $$""",
        f"""
        CREATE OR REPLACE FUNCTION {table}_folded(word text) RETURNS text
        LANGUAGE sql STABLE AS $$
          SELECT string_agg(
            CASE WHEN letter !~ '{DENSE}' THEN letter
            ELSE ' ' || letter || CASE WHEN next ~ '{DENSE}' THEN next ELSE '' END || ' ' END,
            '' ORDER BY place)
          FROM (
            SELECT place, letter, lead(letter) OVER (ORDER BY place) AS next
            FROM string_to_table((
              SELECT string_agg(coalesce(known.folded, typed), '' ORDER BY at)
              FROM string_to_table(word, NULL) WITH ORDINALITY AS letters(typed, at)
              LEFT JOIN {table}_letter known ON known.letter = typed COLLATE "C"
            ), NULL) WITH ORDINALITY AS letters(letter, place)
          ) pairs
        $$""",
        f"""
        CREATE OR REPLACE FUNCTION {table}_words(content text) RETURNS text[]
        LANGUAGE sql STABLE AS $$
          SELECT coalesce(array_agg(left(word, {WORD_LENGTH})), '{{}}')
          FROM regexp_split_to_table({index.cleaned('content COLLATE "C"')}, '{SIGNS}') typed,
            regexp_split_to_table(
              CASE WHEN typed ~ '[^\x01-\x7f]' THEN {table}_folded(typed) ELSE typed END, ' +'
            ) word
          WHERE word <> ''
        $$""",
        # That of a release that indexed less.
        f"""
        DROP FUNCTION IF EXISTS
          {table}_tokens(text, text, text, text, text, boolean, bigint, text)""",
        f"""
        CREATE OR REPLACE FUNCTION {table}_tokens(
          slug text, title text, keywords text, short_answer text, asked_as text, prompt text,
          answer text, published boolean, category_id bigint, level text) RETURNS tsvector
        LANGUAGE plpgsql STABLE AS $$
        DECLARE
          topic text[] := {words[Scope.TOPIC]};
          names text[] := {words[Scope.NAMES]};
          head text[] := names || {words[Scope.HEAD]};
          lead text[] := head || {words[Scope.LEAD]};
          everything text[] := lead || {words[Scope.ALL]} || ARRAY[{", ".join(index.facets(""))}];
        BEGIN
          RETURN array_to_tsvector(ARRAY(
            SELECT '{Scope.TOPIC}:' || word FROM unnest(topic) word
            UNION ALL SELECT '{Scope.NAMES}:' || word FROM unnest(names) word
            UNION ALL SELECT '{Scope.HEAD}:' || word FROM unnest(head) word
            UNION ALL SELECT '{Scope.LEAD}:' || word FROM unnest(lead) word
            UNION ALL SELECT '{Scope.ALL}:' || word FROM unnest(everything) word));
        END $$""",
        f"""
        CREATE OR REPLACE FUNCTION {table}_search() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE {table}_search;
            RETURN NULL;
          END IF;
          IF TG_OP = 'UPDATE' AND (NEW.id, {new}) IS NOT DISTINCT FROM (OLD.id, {old}) THEN
            RETURN NULL;
          END IF;
          IF TG_OP <> 'INSERT' THEN
            DELETE FROM {table}_search WHERE question_id = OLD.id;
          END IF;
          IF TG_OP <> 'DELETE' THEN
            INSERT INTO {table}_search VALUES (NEW.id, {table}_tokens({new}));
            -- Two transactions that add the same word wait for each other: few words are new.
            INSERT INTO {table}_word SELECT word FROM {new_words(table, "NEW")}
            ORDER BY word ON CONFLICT DO NOTHING;
          END IF;
          RETURN NULL;
        END $$""",
    ]


def triggers(table: str) -> dict[str, str]:
    """Return the statement that creates each trigger, by its name; it may be run again."""
    return {
        f"{table}_search": f"""
        CREATE OR REPLACE TRIGGER {table}_search AFTER INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_search()""",
        f"{table}_search_truncate": f"""
        CREATE OR REPLACE TRIGGER {table}_search_truncate AFTER TRUNCATE ON {table}
        EXECUTE FUNCTION {table}_search()""",
    }


def new_words(table: str, row: str) -> str:
    """Return the source of the words in a row's head and short answer that are new."""
    return f"""
            LATERAL (
              SELECT DISTINCT word FROM unnest({table}_words({index.vocabulary(f"{row}.")})) word
              WHERE length(word) >= 3 AND word ~ '[^0-9]' AND word !~ '^qq'
                AND NOT EXISTS (SELECT FROM {table}_word known WHERE known.word = word.word)
            ) fresh"""
