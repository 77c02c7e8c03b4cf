"""Room: the words every other folder speaks - tables, flows, findings, errors, limits."""
