"""
Banks in other formats: Markdown, tables, JSON and Anki's text, as drafts of a fixture file.

`discovery` reads the files. In Markdown, which `sources` parses, `patterns` find where questions
stand, and `markdown_files` makes `drafts` of them; `tables` reads all else. Both call `texts`,
which calls `html`; `links` makes links absolute; `vocabulary` holds the words that all of them look
for. `entries` makes a fixture file of the drafts.

Nothing here touches the database. `import_bank` writes a file, and `refresh_bank` loads it.
"""
