"""
Banks that were kept otherwise: Markdown, tables, JSON and Anki's text, as drafts of a fixture file.

Nothing here touches the database. `import_bank` writes a file, and `refresh_bank` loads it.
"""
