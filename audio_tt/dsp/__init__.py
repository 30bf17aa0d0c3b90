"""Signal processing that all systems share: windows, transforms, phase, loudness, units."""
