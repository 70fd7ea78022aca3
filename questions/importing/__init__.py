"""
Banks that were kept otherwise: Markdown, tables, JSON and Anki's text, as drafts of a fixture file.

`bring` reads the files: Markdown by `patterns`, which find where questions stand, and
`markdown_files`; all else by `tables`. Both have their texts rewritten by `texts`, `html` and
`links`, whose words are in `vocabulary`, and make `drafts`; `entries` makes a fixture file of them.

Nothing here touches the database. `import_bank` writes a file, and `refresh_bank` loads it.
"""
