"""Bringing files into the database: fixture files, and the plan of a refresh."""
