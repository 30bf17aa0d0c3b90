"""Pictures of sounds and of figures."""
