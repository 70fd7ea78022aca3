"""The commands, which are thin, and the generator of made-up banks."""
