"""How well detectors find what leaves: scenarios with planted leaks, and figures of what was found, missed, mistaken.

Rows are written as Parquet through the product's own store and not read from packets: that makes thirty days of
hundreds of hosts in seconds. What packets become is judged elsewhere (tests of protocols, `oracles`, `bench`).
"""
