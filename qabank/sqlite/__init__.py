"""Django's SQLite, of which nothing has to be asked before a command may run."""
