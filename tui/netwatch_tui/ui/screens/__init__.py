"""Screens that lie over the table."""
