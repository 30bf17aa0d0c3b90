"""Recordings -> prepared examples on disk -> batches."""
