"""Tags and filters of the templates; plain functions that others need live below."""
