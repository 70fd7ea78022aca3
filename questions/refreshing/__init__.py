"""Bringing files into the database: fixture files, their validation, and the plan of a refresh."""
