"""The frame-wise design: a spectrum drawn for every frame, for any length."""
