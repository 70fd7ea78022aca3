"""The page cache: public pages kept in memory until the content changes."""

# A key in WSGI's environ by which the cache tells the layers around it where an answer came from:
# "hit", "stale" (the database is out of reach, or the page is being rendered again) or "miss". It
# is absent where the address leads to no public page.
CACHE_STATE = "questions.pagecache.state"
