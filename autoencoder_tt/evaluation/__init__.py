"""How near a model comes to recordings, and the values between encoder and decoder."""
