"""From the decoder's controls to audio: oscillators, noise, rooms."""
