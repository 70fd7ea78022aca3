"""The public pages: what an address asks for, what a page shows, and what a search finds."""
