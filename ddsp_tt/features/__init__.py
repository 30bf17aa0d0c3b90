"""What the decoder reads, measured from audio and fitted to an instrument."""
