"""SMB 1, 2 and 3: requests, answers, sessions."""
