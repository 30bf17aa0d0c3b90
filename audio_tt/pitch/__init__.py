"""Pitch of one voice and of several: trackers, and what is made of what they find."""
