"""Pages kept in memory until the content changes, and what may be kept."""
