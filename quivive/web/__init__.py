"""Face: web pages; reserved, talks to api only."""
