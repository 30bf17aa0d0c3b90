"""Audio in, audio out, as it comes: a trained model played live, in numpy."""

from ddsp_tt.playing.live.instrument import LiveInstrument

__all__ = ["LiveInstrument"]
