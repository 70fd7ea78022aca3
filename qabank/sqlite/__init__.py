"""Django's backend for SQLite, without the query that it makes before a command may run."""
