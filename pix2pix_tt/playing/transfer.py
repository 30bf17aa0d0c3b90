"""Audio of one instrument in, audio of another out: the one path that every command goes."""

import dataclasses
import itertools
import tempfile

import gin
import numpy as np
from absl import logging

from audio_tt.dsp import overlapping, stft_blocks
from audio_tt.files import encoding
from pix2pix_tt.fast.painter import Painter
from pix2pix_tt.playing import blending, phases

SILENCE = 1e-4  # peak amplitude below which nothing is heard
_BLOCK_SIZE = 65536


@gin.configurable(module="pix2pix_tt.transfer")
@dataclasses.dataclass(frozen=True)
class Transfer:
    """What is done with a drawn spectrogram.

    Attributes:
      phase: one of `phases.METHODS`.
      keep_length: whether the output is as long as the input, to the sample; otherwise what comes
        after the last whole hop is lost.
      normalise_peak: whether the loudest sample is made 1.
      mono: whether the channels are mixed; otherwise each goes through the network by itself.
      subtype: of wav files, as `audio_tt.files.io.write` names it; None for its default.
    """

    phase: str = "input"
    keep_length: bool = True
    normalise_peak: bool = False
    mono: bool = False
    subtype: str | None = None


def play(trained, blocks, style=None, seed=0, name="the recording"):
    """Plays a recording of any length; memory does not grow with it.

    A recording without sound is no error: what comes out is silence, and one warning says so.
    Settings are those of gin: `Transfer`, `Blending`, `GriffinLim`.

    Args:
      trained: a `loading.TrainedModel`.
      blocks: iterable of float32 `[samples]` or `[samples, channels]` at the model's sample rate.
      style: what a conditioned model draws by, `[bins, frames]` in 0..1, see `styles.choose`.
      seed: of random phase.
      name: of the recording, for the warning.

    Yields:
      float32 `[samples, channels]`.
    """
    settings, features = Transfer(), trained.features
    blocks, is_silent = _listen(_as_columns(blocks, settings.mono))
    recording = stft_blocks.Counted(blocks)
    if is_silent:
        logging.warning("%s is silent, so the output is silence", name)
        sound = _silence(recording, features.n_fft)
    else:
        spectra = stft_blocks.analyse(recording, features, fill=settings.keep_length)
        pairs = paint(trained, spectra, style)
        spectra = phases.with_phase(settings.phase, pairs, features, seed)
        sound = stft_blocks.synthesise(spectra, features)
    sound = _cut(sound, recording, features, settings.keep_length)
    yield from (normalised(sound) if settings.normalise_peak else sound)


def render(trained, audio, sample_rate, style=None, seed=0, name="the recording"):
    """Plays a recording that is in memory.

    Args:
      trained: as for `play`.
      audio: float32 `[samples]` or `[samples, channels]`.
      sample_rate: its own, Hz.
      style: as for `play`.
      seed: as for `play`.
      name: as for `play`.

    Returns:
      float32 at the model's sample rate, shaped like `audio`.
    """
    import soxr

    audio = np.asarray(audio, np.float32)
    if sample_rate != trained.features.sample_rate:
        audio = soxr.resample(audio, sample_rate, trained.features.sample_rate)
    blocks = (audio[i : i + _BLOCK_SIZE] for i in range(0, len(audio), _BLOCK_SIZE))
    output = np.concatenate(list(play(trained, blocks, style, seed, name)))
    return output[:, 0] if audio.ndim == 1 else output


def paint(trained, spectra, style=None):
    """Draws what the model makes of a recording.

    Args:
      trained: as for `play`.
      spectra: what `streaming.analyse` yields.
      style: as for `play`.

    Yields:
      (magnitude, spectrum): float32 `[channels, n_bins, frames]`, drawn, and the recording's own
      transform of the same frames, complex `[channels, n_fft // 2 + 1, frames]`.
    """
    features = trained.features
    overlap = blending.Blending().overlap_in(features.slice_frames)
    painter = Painter(trained.generator)
    seen = overlapping.Retaken(spectra)
    levels = (features.to_level(features.magnitude(spectrum)) for spectrum in seen)

    def draw(level):
        channels = [level] if style is None else [level, np.broadcast_to(style, level.shape)]
        images = 2.0 * np.stack(channels, axis=-1, dtype=np.float32) - 1.0
        return (painter(images)[..., 0] + 1.0) / 2.0

    for level in overlapping.through_windows(
        levels, features.slice_frames, overlap, draw, overlapping.smooth
    ):
        yield features.from_level(level), seen.take(level.shape[-1])


def normalised(blocks):
    """Blocks `[samples, channels]` with a peak of 1; they wait on the disk until it is known."""
    tally = encoding.Tally()
    with tempfile.TemporaryFile() as spool:
        parts = encoding.spooled(tally.watch(blocks), spool)
        gain = np.float32(1.0 / tally.peak if tally.peak else 1.0)
        for part in parts:
            yield gain * part


def _as_columns(blocks, mono):
    for block in blocks:
        block = np.asarray(block, np.float32).reshape(len(block), -1)
        yield block.mean(axis=1, keepdims=True) if mono else block


def _listen(blocks):
    """(the same blocks, whether none of them is heard)."""
    blocks, quiet = iter(blocks), []
    for block in blocks:
        # However long it lasts, digital silence takes no memory.
        quiet.append(block if block.any() else np.broadcast_to(np.float32(0), block.shape))
        if np.abs(block).max() > SILENCE:
            return itertools.chain(quiet, blocks), False
    return iter(quiet), bool(quiet)


def _silence(blocks, surplus):
    """As many zeros, and some for a cut at the end."""
    for block in blocks:
        yield np.zeros_like(block)
    yield np.zeros((surplus, block.shape[1]), np.float32)


def _cut(sound, recording, features, keep_length):
    """Ends where the recording ends, or where its last whole hop does, as the original does."""
    given = 0
    for block in sound:
        n_samples = recording.n_samples
        if not keep_length:
            n_samples = max(n_samples, features.n_fft)
            n_samples -= n_samples % features.hop_length
        block = block[: n_samples - given]
        given += len(block)
        yield block
