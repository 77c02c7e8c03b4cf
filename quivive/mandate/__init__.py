"""Room: what may be kept, by whom it was approved, and under which name a person appears."""
