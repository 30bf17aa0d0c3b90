"""A trained model plays: files, memory, and live."""
