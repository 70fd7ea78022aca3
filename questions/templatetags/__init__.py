"""Tags and filters of the templates. A function that other code needs too stands elsewhere."""
