"""Room: Arrow batches to Parquet, and SQL over a case; knows nothing of networks."""
