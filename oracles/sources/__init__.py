"""One file per oracle: where its answers lie and how they compare with our tables."""
