"""Room: the register of outflow - what left, to whom, under whose law, and whether that was declared."""
