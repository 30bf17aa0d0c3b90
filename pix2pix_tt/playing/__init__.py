"""A trained generator plays: audio in, audio out."""
