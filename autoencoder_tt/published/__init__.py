"""The published design: a clip as a picture, drawn from a picture of its pitch."""
