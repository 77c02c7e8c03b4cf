"""Room: which values of clear content identify persons, goods or money, told by their own check digits."""
