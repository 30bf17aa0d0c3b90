"""How close audio, its pitch and its loudness come to a target."""
