"""Room: packets to flows, fragments to datagrams, segments to streams."""
