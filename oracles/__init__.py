"""Other people's answers to the same captures, held against ours: `python -m oracles --corpus DIR`."""
