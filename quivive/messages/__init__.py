"""Room: parts of messages that several protocols share, or that would make one protocol's file too long."""
