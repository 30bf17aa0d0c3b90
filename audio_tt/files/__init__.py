"""Files: sound in and out, written whole or not at all, and many of them at once."""
