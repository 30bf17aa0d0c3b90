"""Time-varying FIR filters designed in the frequency domain, and convolution by FFT.

No transform is longer than 8192 points, because TensorFlow's float32 FFT on the CPU loses accuracy
with length (relative error 6e-6 at 2048 points, 4e-4 at 131072); long impulse responses are
convolved in partitions instead.
"""

from keras import ops

from audio_tt.dsp.stft import overlap_add
from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.core.functions import register
from ddsp_tt.synthesis.shared import filter_delay, impulse_responses, windowed

_register = register("ddsp_tt.core")
_PARTITION = 4096


@_register
def fft_convolve(
    audio: Tensor, impulse_response: Tensor, padding: str = "same", delay_compensation: int = -1
) -> Tensor:
    """Convolves audio with one impulse response, or with one for each of equal blocks of time.

    Args:
      audio: `[batch, samples]`.
      impulse_response: `[batch or 1, ir_size]`, or `[batch or 1, ir_frames, ir_size]`: the audio is
        cut into `ir_frames` blocks, each convolved with its own response, and overlap-added.
      padding: "same" (as long as the audio) or "valid" (with the tail).
      delay_compensation: samples cropped at the start; -1: `(ir_size - 1) // 2 - 1`.

    Returns:
      `[batch, samples]`, or `[batch, samples + ir_size - 1]` for "valid".

    Raises:
      ValueError: unknown padding, or blocks that do not divide the audio.
    """
    if padding not in ("same", "valid"):
        raise ValueError(f"padding must be 'same' or 'valid', not {padding!r}")
    audio = ops.convert_to_tensor(audio)
    ir = ops.convert_to_tensor(impulse_response)
    if len(ir.shape) == 2:
        ir = ir[:, None]
    n_samples, n_frames, ir_size = audio.shape[1], ir.shape[1], ir.shape[2]
    hop = -(-n_samples // n_frames)
    if -(-n_samples // hop) != n_frames:
        raise ValueError(
            f"{n_samples} samples cannot be cut into {n_frames} equal blocks for as many filters"
        )
    if n_frames == 1 and hop + ir_size - 1 > 2 * _PARTITION:
        full = _convolve_long(audio, ir[:, 0])
    else:
        blocks = ops.pad(audio, ((0, 0), (0, n_frames * hop - n_samples)))
        blocks = ops.reshape(blocks, (-1, n_frames, hop))
        full = overlap_add(_convolve_blocks(blocks, ir), hop)
    start = delay_compensation
    if delay_compensation < 0:
        start = max((ir_size - 1) // 2 - 1, 0)
    size = n_samples if padding == "same" else n_samples + ir_size - 1
    missing = max(start + size - full.shape[1], 0)
    return ops.pad(full, ((0, 0), (0, missing)))[:, start : start + size]


def _convolve_blocks(blocks, ir):
    """Full convolution of `[..., n]` with `[..., m]`: `[..., n + m - 1]`."""
    size = blocks.shape[-1] + ir.shape[-1] - 1
    fft_size = 1 << (size - 1).bit_length()
    a, b = ops.rfft(blocks, fft_length=fft_size), ops.rfft(ir, fft_length=fft_size)
    product = (a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0])
    return ops.irfft(product, fft_length=fft_size)[..., :size]


def _convolve_long(audio, ir):
    """Partitioned convolution: `[batch, samples]` with `[batch or 1, ir_size]`, full length."""
    n_samples, ir_size = audio.shape[1], ir.shape[1]
    spectra = []
    for x in (audio, ir):
        n_parts = -(-x.shape[1] // _PARTITION)
        x = ops.pad(x, ((0, 0), (0, n_parts * _PARTITION - x.shape[1])))
        x = ops.reshape(x, (-1, n_parts, _PARTITION))
        spectra.append(ops.rfft(x, fft_length=2 * _PARTITION))
    (ar, ai), (br, bi) = spectra
    n_a, n_b = ar.shape[1], br.shape[1]
    real, imag = 0.0, 0.0
    for part in range(n_b):
        edges = ((0, 0), (part, n_b - 1 - part), (0, 0))
        cr, ci = br[:, part : part + 1], bi[:, part : part + 1]
        real = real + ops.pad(ar * cr - ai * ci, edges)
        imag = imag + ops.pad(ar * ci + ai * cr, edges)
    blocks = ops.irfft((real, imag), fft_length=2 * _PARTITION)
    blocks = ops.reshape(blocks, (-1, n_a + n_b - 1, 2 * _PARTITION))
    return overlap_add(blocks, _PARTITION)[:, : n_samples + ir_size - 1]


@_register
def apply_window_to_impulse_response(
    impulse_response: Tensor, window_size: int = 0, causal: bool = False
) -> Tensor:
    """Smooths a zero-phase impulse response with a Hann window and makes it causal.

    Args:
      impulse_response: `[..., ir_size]`, its peak at index 0 (or in the middle, if `causal`).
      window_size: taps that the window leaves; 0 or more than `ir_size` means all of them. Below
        `ir_size` the result has `window_size` taps if that is odd, else one fewer.
      causal: the peak is already in the middle.

    Returns:
      `[..., taps]` with the peak at `ir_size // 2`, or at `(window_size + 1) // 2 - 2` where the
      window is shorter.
    """
    return windowed(ops.convert_to_tensor(impulse_response), window_size, causal, xp=ops)


@_register
def frequency_impulse_response(magnitudes: Tensor, window_size: int = 0) -> Tensor:
    """Linear-phase FIR filters from their magnitude responses.

    Args:
      magnitudes: `[..., bands]`, at equally spaced frequencies from 0 Hz to Nyquist.
      window_size: see `apply_window_to_impulse_response`.

    Returns:
      `[..., taps]`, by default `2 * (bands - 1)` taps with the peak in the middle.
    """
    magnitudes = ops.convert_to_tensor(magnitudes)
    return ops.matmul(magnitudes, impulse_responses(magnitudes.shape[-1], window_size))


@_register
def frequency_filter(
    audio: Tensor,
    magnitudes: Tensor,
    window_size: int = 0,
    padding: str = "same",
    delay_compensation: int | None = None,
) -> Tensor:
    """Filters audio by frame-wise magnitude responses (DDSP, section 3.3 and appendix B.5).

    Args:
      audio: `[batch, samples]`.
      magnitudes: `[batch, frames, bands]` or `[batch, bands]`.
      window_size: see `apply_window_to_impulse_response`.
      padding: "same" or "valid".
      delay_compensation: None keeps the sound where it was; -1 is the original's automatic value,
        with which it comes two samples late for an even number of taps.

    Returns:
      `[batch, samples]`.
    """
    ir = frequency_impulse_response(magnitudes, window_size)
    if delay_compensation is None:
        delay_compensation = filter_delay(ir.shape[-1], magnitudes.shape[-1], window_size)
    return fft_convolve(audio, ir, padding, delay_compensation)
