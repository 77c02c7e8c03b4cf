"""What developers run: the reference pages made from the code."""
