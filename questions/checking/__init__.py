"""Checks of the bank: rules for content, code samples, links, and answers to verify again."""
