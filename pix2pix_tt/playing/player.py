"""A trained generator as a player: audio of one instrument in, audio of another out."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator

import numpy as np

from audio_tt.dsp import overlapping, stft_blocks
from audio_tt.dsp.blocks import Counted, Spooled
from audio_tt.playing.player import SILENCE, Player, finite, warn_of_silence
from pix2pix_tt import fast
from pix2pix_tt.playing import phases, styles
from pix2pix_tt.trained import loading


class Pix2PixPlayer(Player):
    """Each channel of a recording through the generator by itself, in memory that does not grow.

    Args:
      trained: the model, with the settings that it plays by.
      style: what a conditioned model draws by, float32 `[bins, frames]` in 0..1, see
        `styles.choose`; None for a model of one target.
      seed: of random phase.
      whole_hops: whether to end where the last whole hop of the recording does, as the original;
        then what comes out is shorter than what goes in, or `n_fft` samples long where that is
        longer. The original's commands do so when its settings are asked for.
    """

    keeps_channels = True

    def __init__(
        self,
        trained: loading.TrainedModel,
        style: np.ndarray | None = None,
        seed: int = 0,
        whole_hops: bool = False,
    ):
        self.sample_rate = trained.features.sample_rate
        self._features, self._playing = trained.features, trained.playing
        self._overlap = self._playing.blending.overlap_in(self._features.slice_frames)
        self._draw = fast.drawing(trained.generator)
        self._style, self._seed, self._whole_hops = style, seed, whole_hops

    def play(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> Iterator[np.ndarray]:
        """See `Player.play`; blocks are `[samples, channels]`. Not finite samples count as 0."""
        with tempfile.TemporaryFile() as spool:
            blocks, is_silent = _without_silent_beginning(finite(blocks), spool)
            recording = Counted(blocks)
            if is_silent:
                warn_of_silence(name)
                sound = _silence(recording, self._features.n_fft)
            else:
                spectra = stft_blocks.analyse(recording, self._features, fill=not self._whole_hops)
                sound = self.synthesise(self.paint(spectra))
            yield from self._cut(sound, recording)

    def paint(self, spectra: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Draws what the model makes of a recording.

        Args:
          spectra: what `audio_tt.dsp.stft_blocks.analyse` yields.

        Yields:
          (magnitude, spectrum): float32 `[channels, n_bins, frames]`, drawn, and the recording's
          own transform of the same frames, complex `[channels, n_fft // 2 + 1, frames]`.
        """
        features = self._features
        seen = overlapping.Retaken(spectra)
        levels = (features.to_level(features.magnitude(spectrum)) for spectrum in seen)
        for level in overlapping.through_windows(
            levels, features.slice_frames, self._overlap, self._painted, overlapping.smooth
        ):
            yield features.from_level(level), seen.take(level.shape[-1])

    def synthesise(
        self, pairs: Iterable[tuple[np.ndarray, np.ndarray]], phase: str | None = None
    ) -> Iterator[np.ndarray]:
        """Gives what `paint` yields a phase, and makes sound of it.

        Args:
          pairs: (magnitude, spectrum).
          phase: one of `phases.METHODS`; None for the player's own.

        Yields:
          float32 `[samples, channels]`.
        """
        phase = self._playing.transfer.phase if phase is None else phase
        spectra = phases.with_phase(
            phase, pairs, self._features, self._playing.griffin_lim, self._seed
        )
        yield from stft_blocks.synthesise(spectra, self._features)

    def _painted(self, level):
        """The network's levels of levels `[channels, n_bins, slice_frames]` in 0..1."""
        seen = (
            [level] if self._style is None else [level, np.broadcast_to(self._style, level.shape)]
        )
        images = 2.0 * np.stack(seen, axis=-1, dtype=np.float32) - 1.0
        return (self._draw(images)[..., 0] + 1.0) / 2.0

    def _cut(self, sound, recording):
        """Ends where the recording ends, or where its last whole hop does."""
        given = 0
        for block in sound:
            n_samples = recording.n_samples
            if self._whole_hops:
                n_samples = max(n_samples, self._features.n_fft)
                n_samples -= n_samples % self._features.hop_length
            block = block[: n_samples - given]
            given += len(block)
            yield block


def load(
    model: str,
    style: str | None = None,
    phase: str | None = None,
    overlap_frames: int | None = None,
    seed: int = 0,
    whole_hops: bool = False,
    gin_files: Iterable[str] = (),
    gin_params: Iterable[str] = (),
) -> Pix2PixPlayer:
    """The player of a trained model.

    Args:
      model: as for `loading.load`.
      style: of a conditioned model, as for `styles.choose`.
      phase: one of `phases.METHODS`; None leaves it to gin.
      overlap_frames: that slices share; None leaves it to gin.
      seed: of random phase, and of a style from a folder.
      whole_hops: as for `Pix2PixPlayer`.
      gin_files: settings to play by.
      gin_params: the same, one by one; they win.

    Raises:
      UserError: something is missing or does not fit.
    """
    trained = loading.load(model, phase, overlap_frames, gin_files, gin_params)
    player = Pix2PixPlayer(trained, styles.choose(trained, style, seed), seed, whole_hops)
    player.origin = trained.origin.and_choices(style=style, seed=seed, whole_hops=whole_hops)
    return player


def _without_silent_beginning(blocks, spool):
    """(the same blocks, whether there are some and none is heard); quiet ones wait in a file."""
    beginning = _Beginning(blocks)
    quiet = Spooled(beginning, spool)
    return itertools.chain(quiet, beginning.rest), beginning.is_silent


class _Beginning:
    """Passes on blocks up to the first one in which something is heard.

    Attributes:
      rest: that block and those after it.
      is_silent: whether there were blocks, and none was heard.
    """

    def __init__(self, blocks):
        self._blocks, self.rest, self.is_silent = iter(blocks), (), False

    def __iter__(self):
        for block in self._blocks:
            if np.abs(block).max(initial=0.0) > SILENCE:
                self.rest, self.is_silent = itertools.chain([block], self._blocks), False
                return
            self.is_silent = True
            yield block


def _silence(blocks, surplus):
    """As many zeros, and some for a cut at the end."""
    for block in blocks:
        yield np.zeros_like(block)
    yield np.zeros((surplus, block.shape[1]), np.float32)
