"""The question bank: the one app of the site. Imports run one way, from admin down to models."""
