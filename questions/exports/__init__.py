"""What candidates take along: the questions that a page shows, as a file for their own tools."""
