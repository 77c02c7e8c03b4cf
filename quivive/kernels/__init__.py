"""Room: the hot loops; they take arrays, raise nothing and know no table, file or class."""
