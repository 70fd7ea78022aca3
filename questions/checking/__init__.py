"""Whether the bank is right: rules for content, code samples, links, and what is due."""
