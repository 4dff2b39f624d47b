"""Tickets: approved actions in the owners' own trackers, sent once, and their status read back."""
