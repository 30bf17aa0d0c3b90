"""Pieces of notes, played by the instruments and mixed into a sound file."""
