"""Variations of a system's settings: trained as they stand, and set side by side."""
