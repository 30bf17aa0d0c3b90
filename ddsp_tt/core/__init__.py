"""Pure functions of the DDSP signal path, under the names that Magenta's `ddsp.core` gives them.

Every function takes and returns tensors of the running Keras backend and is differentiable.
Time runs along axis 1: controls are `[batch, frames, channels]`, audio is `[batch, samples]`.
"""

from ddsp_tt.core.filtering import (
    apply_window_to_impulse_response,
    fft_convolve,
    frequency_filter,
    frequency_impulse_response,
)
from ddsp_tt.core.oscillators import (
    FADES,
    angular_cumsum,
    get_harmonic_frequencies,
    harmonic_frames,
    harmonic_synthesis,
    normalize_harmonics,
    oscillator_bank,
    remove_above_nyquist,
    streaming_harmonic_synthesis,
)
from ddsp_tt.core.resampling import resample, upsample_with_windows
from ddsp_tt.core.scaling import (
    DB_RANGE,
    F0_RANGE,
    amplitude_to_db,
    db_to_amplitude,
    exp_sigmoid,
    hz_to_midi,
    log10,
    midi_to_hz,
    power_to_db,
    safe_divide,
    safe_log,
    scale_db,
    scale_f0_hz,
    sym_exp_sigmoid,
)

__all__ = [
    "DB_RANGE",
    "F0_RANGE",
    "FADES",
    "amplitude_to_db",
    "angular_cumsum",
    "apply_window_to_impulse_response",
    "db_to_amplitude",
    "exp_sigmoid",
    "fft_convolve",
    "frequency_filter",
    "frequency_impulse_response",
    "get_harmonic_frequencies",
    "harmonic_frames",
    "harmonic_synthesis",
    "hz_to_midi",
    "log10",
    "midi_to_hz",
    "normalize_harmonics",
    "oscillator_bank",
    "power_to_db",
    "remove_above_nyquist",
    "resample",
    "safe_divide",
    "safe_log",
    "scale_db",
    "scale_f0_hz",
    "streaming_harmonic_synthesis",
    "sym_exp_sigmoid",
    "upsample_with_windows",
]
