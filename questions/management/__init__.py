"""The commands, which are thin: `collecting` static files, the `generator` of made-up banks."""
