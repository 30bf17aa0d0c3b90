"""Slices of spectrograms on disk, and batches of them."""
