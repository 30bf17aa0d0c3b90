"""Audio of one voice in, audio of the learned instrument out: the path that every command goes."""

import dataclasses

import gin
import numpy as np
from absl import logging

from audio_tt.dsp import stft_blocks
from audio_tt.dsp.griffin_lim_windows import GriffinLim
from audio_tt.errors import UserError
from audio_tt.pitch import polyphony

PHASES = ("harmonics", "random")
SILENCE = 1e-4  # peak amplitude below which nothing is heard
_BLOCK_FRAMES = 512
_MEASURED_FRAMES = 4096
_LEAD_FRAMES = 128  # around what is measured at once, for the pitch to settle
_NOISE = 0.5  # of the picture: 40 dB below a harmonic, phase is that of noise


@gin.configurable(module="autoencoder_tt.transfer")
@dataclasses.dataclass(frozen=True)
class Playing:
    """How what the network draws becomes sound.

    Attributes:
      phase: what the Griffin-Lim algorithm starts from: "harmonics", the phases that sines of this
        pitch have, or "random".
      before_seconds: so long before a stretch with pitch the instrument may be heard.
      after_seconds: and so long after it; then it is silent.
    """

    phase: str = "harmonics"
    before_seconds: float = 0.06
    after_seconds: float = 0.2

    def __post_init__(self):
        if self.phase not in PHASES:
            raise UserError(f"unknown phase {self.phase!r}; use {' or '.join(PHASES)}")


def measure(blocks, features, name="the recording", **pitch_options):
    """Measures a recording of any length; only the frames are kept.

    A recording without pitch is no error: what comes out of it is silence, and one warning says so.
    One that is polyphonic is played all the same, with a warning.

    Args:
      blocks: iterable of float32 `[samples]` at the features' sample rate.
      features: a `frames.FrameSpectrogram`.
      name: of the recording, for warnings.
      **pitch_options: of `audio_tt.pitch.tracking.track`.

    Returns:
      (measured, n_samples): dict of float32 `[frames]`, see `FrameSpectrogram.measure`, or None
      where there is no pitch.
    """
    recording, parts, peak, is_checked = stft_blocks.Counted(blocks), [], 0.0, False
    for audio, kept in _with_surroundings(recording, features.hop_length):
        measured = features.measure(audio, **pitch_options)
        parts.append({key: values[kept] for key, values in measured.items()})
        peak = max(peak, float(np.abs(audio).max(initial=0.0)))
        if not is_checked and features.is_voiced(parts[-1]["confidence"]).any():
            polyphony.warn_if_polyphonic(audio, features.sample_rate, name)
            is_checked = True
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    if peak < SILENCE:
        logging.warning("%s is silent, so the output is silence", name)
    elif not features.is_voiced(joined["confidence"]).any():
        logging.warning("%s: no pitch was found in it, so the output is silence", name)
    else:
        return joined, recording.n_samples
    return None, recording.n_samples


def play(trained, measured, n_samples, playing=None, seed=0):
    """Plays a measured recording on a trained instrument; memory does not grow with its length.

    Loudness is moved to where the training data are, and the sound by as much the other way: the
    output is as loud as the recording from moment to moment.

    Args:
      trained: a `designs.TrainedModel` of a `FrameDesign`.
      measured: what `measure` returned; None makes silence.
      n_samples: length of the result.
      playing: a `Playing`; that of gin by default.
      seed: of random phase.

    Yields:
      float32 `[samples]`, at the features' sample rate, `n_samples` in all.
    """
    if measured is None:
        yield from _silence(n_samples)
        return
    playing, features = playing or Playing(), trained.design.features
    spectra = with_phase(draw(trained, measured, playing), measured, features, playing.phase, seed)
    refined = GriffinLim().refine(spectra, features)
    left = n_samples
    for block in stft_blocks.synthesise(refined, features):
        yield block[:left, 0]
        left -= len(block[:left])


def render(trained, measured, n_samples, playing=None, seed=0):
    """All that `play` yields as one array, float32 `[n_samples]`."""
    return np.concatenate(list(play(trained, measured, n_samples, playing, seed)))


def draw(trained, measured, playing=None):
    """Draws what the network makes of a measured recording, block by block.

    Args:
      trained: a `designs.TrainedModel` of a `FrameDesign`.
      measured: what `measure` returned.
      playing: a `Playing`; that of gin by default.

    Yields:
      (magnitude, picture): float32 `[n_bins, frames]`, and the picture of the pitch, in 0..1.
    """
    playing, design = playing or Playing(), trained.design
    features, context = design.features, design.context
    voiced = features.is_voiced(measured["confidence"])
    shift_db = trained.statistics["loudness_db"] - np.median(measured["loudness_db"][voiced])
    gate = _gate(voiced, features.frame_rate, playing)
    n_frames, reach = len(voiced), context + 1  # the picture looks one frame further
    f0_hz = np.pad(measured["f0_hz"], reach)
    voiced = np.pad(voiced, reach)
    loudness_db = np.pad(measured["loudness_db"] + shift_db, reach, constant_values=-100.0)
    gain = gate * np.float32(10.0 ** (-shift_db / 20.0))
    for start in range(0, n_frames, _BLOCK_FRAMES):
        # Blocks of one length, for networks to be compiled once.
        here = np.arange(start, start + _BLOCK_FRAMES + 2 * reach).clip(0, n_frames + 2 * reach - 1)
        inputs = features.inputs(f0_hz[here], voiced[here], loudness_db[here])[None, 1:-1]
        count = min(_BLOCK_FRAMES, n_frames - start)
        levels = trained.design.network.predict_on_batch(inputs)[0, :count]
        magnitude = features.to_magnitude(levels) * gain[start : start + count, None]
        picture = inputs[0, context : context + count, : features.n_bins]
        yield magnitude.T, picture.T


def with_phase(drawn, measured, features, method, seed=0):
    """Gives magnitudes a phase to start from.

    Args:
      drawn: what `draw` yields.
      measured: what was drawn.
      features: a `frames.FrameSpectrogram`.
      method: one of `PHASES`.
      seed: of random phase.

    Yields:
      complex64 `[1, n_bins, frames]`.
    """
    f0_hz = measured["f0_hz"].astype(np.float64)
    middles = np.concatenate([f0_hz[:1], (f0_hz[:-1] + f0_hz[1:]) / 2])
    cycles = np.cumsum(middles * (features.hop_length / features.sample_rate))
    bins = np.arange(features.n_bins)
    random, start = np.random.default_rng(seed), 0
    for magnitude, picture in drawn:
        here = slice(start, start + magnitude.shape[1])
        start = here.stop
        phase = random.uniform(-np.pi, np.pi, magnitude.T.shape).T
        if method == "harmonics":
            spacing = np.maximum(f0_hz[here], 1.0) * (features.n_fft / features.sample_rate)
            number = np.maximum(np.rint(bins[:, None] / spacing), 1.0)
            # A frame begins half its length before its middle: half a cycle for each bin.
            sines = 2.0 * np.pi * ((number * cycles[here]) % 1.0 - 0.5 * (bins[:, None] % 2))
            phase = np.where(picture > _NOISE, sines, phase)
        yield (magnitude * np.exp(1j * phase)).astype(np.complex64)[None]


def _gate(voiced, frame_rate, playing):
    """1 where the instrument may sound, 0 far from any pitch, `[frames]`."""
    frames = np.arange(len(voiced))
    last = np.maximum.accumulate(np.where(voiced, frames, -(10**9)))
    following = np.minimum.accumulate(np.where(voiced, frames, 10**9)[::-1])[::-1]
    after, before = (
        np.maximum(1.0, seconds * frame_rate)
        for seconds in (playing.after_seconds, playing.before_seconds)
    )
    # Open for the first half of that time, closing in the second.
    opened = np.maximum(
        2.0 - 2.0 * (frames - last) / after, 2.0 - 2.0 * (following - frames) / before
    )
    return opened.clip(0.0, 1.0).astype(np.float32)


def _with_surroundings(blocks, hop_length):
    """Yields (audio, slice of its frames that count): together all frames, each once."""
    lead, size = _LEAD_FRAMES * hop_length, _MEASURED_FRAMES * hop_length
    held, before = np.zeros(0, np.float32), 0
    for block in blocks:
        held = np.concatenate([held, np.asarray(block, np.float32)])
        while len(held) >= before + size + lead:
            first = before // hop_length
            yield held[: before + size + lead], slice(first, first + _MEASURED_FRAMES)
            held = held[before + size - lead :]
            before = lead
    # Up to a whole hop, so that a frame is centred on the end or beyond it.
    yield np.pad(held, (0, -len(held) % hop_length)), slice(before // hop_length, None)


def _silence(n_samples, size=65536):
    for start in range(0, n_samples, size):
        yield np.zeros(min(size, n_samples - start), np.float32)
