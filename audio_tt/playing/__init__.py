"""Sound files through a loaded model into sound files."""
