"""Room: the case folder - manifest, custody, seal, brief."""
