"""Face: the command line; talks to api only."""
