"""Pure functions of the DDSP signal path, under the names that Magenta's `ddsp.core` gives them.

Every function takes and returns tensors of the running Keras backend and is differentiable.
Time runs along axis 1: controls are `[batch, frames, channels]`, audio is `[batch, samples]`.
"""

from ddsp_tt.synthesis.core.filtering import (
    apply_window_to_impulse_response,
    fft_convolve,
    frequency_filter,
    frequency_impulse_response,
)
from ddsp_tt.synthesis.core.frames import harmonic_frames, sinusoidal_frames
from ddsp_tt.synthesis.core.functions import resolved
from ddsp_tt.synthesis.core.oscillators import (
    get_harmonic_frequencies,
    harmonic_synthesis,
    normalize_harmonics,
    oscillator_bank,
    remove_above_nyquist,
    streaming_harmonic_synthesis,
)
from ddsp_tt.synthesis.core.phase import angular_cumsum
from ddsp_tt.synthesis.core.resampling import resample, upsample_with_windows
from ddsp_tt.synthesis.core.scaling import (
    DB_RANGE,
    exp_sigmoid,
    frequencies_sigmoid,
    frequencies_softmax,
    hz_to_midi,
    hz_to_unit,
    midi_to_hz,
    safe_divide,
    safe_log,
    scale_db,
    scale_f0_hz,
    sym_exp_sigmoid,
    unit_to_hz,
)
from ddsp_tt.synthesis.shared import F0_RANGE, FADES

__all__ = [
    "DB_RANGE",
    "F0_RANGE",
    "FADES",
    "angular_cumsum",
    "apply_window_to_impulse_response",
    "exp_sigmoid",
    "fft_convolve",
    "frequencies_sigmoid",
    "frequencies_softmax",
    "frequency_filter",
    "frequency_impulse_response",
    "get_harmonic_frequencies",
    "harmonic_frames",
    "harmonic_synthesis",
    "hz_to_midi",
    "hz_to_unit",
    "midi_to_hz",
    "normalize_harmonics",
    "oscillator_bank",
    "remove_above_nyquist",
    "resample",
    "resolved",
    "safe_divide",
    "safe_log",
    "scale_db",
    "scale_f0_hz",
    "sinusoidal_frames",
    "streaming_harmonic_synthesis",
    "sym_exp_sigmoid",
    "unit_to_hz",
    "upsample_with_windows",
]
