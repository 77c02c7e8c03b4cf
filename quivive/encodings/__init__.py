"""Room: what was written in other letters so that it passes where only text passes, and how it reads again."""
