"""Shelf: one file per question asked of a case; opinions, where protocols/ holds facts."""
