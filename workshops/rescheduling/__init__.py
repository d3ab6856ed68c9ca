"""Changing a day that people are booked on: everybody concerned is told once, and for a while it can be undone."""
