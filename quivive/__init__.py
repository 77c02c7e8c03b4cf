"""Quivive: tells an organisation whether somebody is spying on it."""
