"""Content in, content in another style out."""

import contextlib
import dataclasses
import itertools
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import gin
import numpy as np
from keras import ops

from audio_tt import settings
from audio_tt.command.progress import progress as progress_bar
from audio_tt.dsp import overlapping
from audio_tt.dsp.units import db_to_amplitude
from audio_tt.errors import UserError
from audio_tt.playing.player import SILENCE, Player, finite, warn_of_silence
from style_tt.features import LogSpectrogram, Waveform
from style_tt.models.extraction import Extractor
from style_tt.playing.mixing import strengths
from style_tt.playing.recordings import Measures, Recording, block_layout, regrouped
from style_tt.training.kept_state import Keeping
from style_tt.training.objective import Objective
from style_tt.training.optimisation import Optimisation, Progress, optimise
from style_tt.training.statistics import StyleStatistics

REPRESENTATIONS = {"spectrogram": LogSpectrogram, "waveform": Waveform}


@gin.configurable(module="style_tt.transfer")
@dataclasses.dataclass(frozen=True)
class StyleTransfer:
    """What is done besides the optimisation.

    Attributes:
      representation: one of `REPRESENTATIONS`.
      level_db: root mean square, dB below full scale, to which both recordings are brought first,
        so that no result depends on how loud they were recorded; the output has the content's
        gain again. None leaves them as they are.
      block_seconds: of content that is optimised at once, and of style that is measured at once;
        None for all of it.
      overlap_seconds: that neighbouring blocks share, over which one fades into the other.
      max_seconds: of the style that count, and of the content by `style_tt.style_transfer`; None
        for all.
      mono: whether channels are mixed; otherwise all are optimised together.
      keep_dynamics: whether every frame is as loud as the content's; otherwise it is as loud as the
        style has made it, in rests too. A waveform has no frames and stays as it is.
      keep_length: whether what comes after the last whole hop is played too; otherwise
        `style_tt.style_transfer` leaves it out.
    """

    representation: str = "spectrogram"
    level_db: float | None = -20.0
    block_seconds: float | None = 20.0
    overlap_seconds: float = 1.0
    max_seconds: float | None = None
    mono: bool = False
    keep_dynamics: bool = True
    keep_length: bool = True

    def __post_init__(self):
        if self.representation not in REPRESENTATIONS:
            known = ", ".join(REPRESENTATIONS)
            raise UserError(f"StyleTransfer.representation is one of {known}")

    def frames(self, seconds: float | None, representation: Any) -> int | None:
        """Frames of so many seconds; None for None."""
        if seconds is None:
            return None
        return max(1, round(seconds * representation.sample_rate / representation.hop_length))

    def gain(self, measures: Measures) -> float:
        """The factor that brings a recording to `level_db`."""
        if self.level_db is None or not measures.rms:
            return 1.0
        return db_to_amplitude(self.level_db) / measures.rms


def load_settings() -> tuple[StyleTransfer, LogSpectrogram | Waveform]:
    """(`StyleTransfer`, its representation), as gin has them."""
    transfer = StyleTransfer()
    return transfer, REPRESENTATIONS[transfer.representation]()


class StylePlayer(Player):
    """A style that was measured, ready to be given to recordings.

    All settings are read from gin when it is made, and kept. Channels are optimised together, or
    mixed where `StyleTransfer.mono` says so. Without `keep_length`, what comes after the last whole
    hop is silent.

    Args:
      style: a `Recording` at the representation's sample rate.
      network: a network of `random_network` with other weights, or None.
      strength: 0 (the content) to 1 (the result of the optimisation).
      bands: (Hz, strength) pairs, see `mixing.strengths`.
      seed: of noise to start from, and of random phase.
      keeping: a `kept_state.Keeping`, which says where what is done of a recording is kept; None
        keeps nothing.

    Attributes:
      keeping: see above.
      settings: `StyleTransfer`.
      representation: `LogSpectrogram` or `Waveform`.
      optimisation: `Optimisation`.
      extractor: `Extractor`.

    Raises:
      UserError: the style is silent, or shorter than a frame, or strengths cannot be used.
    """

    def __init__(
        self,
        style: Recording,
        network: Any = None,
        strength: float = 1.0,
        bands: Sequence[tuple[float, float]] = (),
        seed: int = 0,
        keeping: Keeping | None = None,
    ):
        self.settings, self.representation = load_settings()
        self.sample_rate = self.representation.sample_rate
        self.keeps_channels = not self.settings.mono
        self._mix = strengths(strength, bands, self.representation)
        self._seed, self.keeping = seed, keeping
        self.extractor = Extractor(self.representation.n_bins, network=network)
        self._style_measures = style.measure()
        self._objective = Objective(self.extractor, self._measured(style))
        self.optimisation = Optimisation()
        self._stepper = self.optimisation.steps_on(self._objective)
        self._settings_text = settings.operative_gin()

    def play(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> Iterator[np.ndarray]:
        """See `Player`; the recording waits in a temporary file, and memory does not grow."""
        with tempfile.TemporaryFile() as spool:
            content = Recording.from_blocks(finite(blocks), spool, name)
            for block in self._played(content):
                yield block if self.keeps_channels else block[:, 0]

    @property
    def gram_weight(self) -> float:
        """Factor of the Gram matrices in the loss."""
        return self._objective.gram.weight

    def _played(self, content):
        """Yields float32 `[samples, channels]`, as many samples as the content has."""
        measures = content.measure()
        if measures.peak < SILENCE:
            warn_of_silence(content.name)
            yield from (np.zeros_like(block) for block in content.blocks())
            return
        with self._run(content.name, measures) as run:
            rep, gain = self.representation, self.settings.gain(measures)
            spectra = overlapping.Retaken(self._spectra(content, measures))
            levels = self._optimised(content, measures, spectra, run)
            sound = rep.synthesise(self._mixed(levels, spectra), self._seed)
            left = measures.samples
            for block in sound:
                block = block[:left] / np.float32(gain)
                left -= len(block)
                if len(block):
                    yield block
            if left:
                yield np.zeros((left, measures.channels), np.float32)

    def _run(self, name, measures):
        """The run that keeps what is done of a recording, or nothing."""
        if self.keeping is None:
            return contextlib.nullcontext()
        network = self.extractor.network
        identity = [
            self._settings_text,
            repr(measures),
            repr(self._style_measures),
            _checksum(network.get_weights() if network is not None else []),
            self._seed,
        ]
        return self.keeping.run(name, identity, self._settings_text, self.sample_rate)

    def _measured(self, style):
        """`StyleStatistics` of a style."""
        measures, rep = self._style_measures, self.representation
        if measures.samples < rep.n_fft:
            raise UserError(
                f"{style.name} has {measures.samples} samples at {rep.sample_rate} Hz, fewer "
                f"than a frame of {rep.n_fft}; give a longer recording"
            )
        if measures.peak < SILENCE:
            raise UserError(f"{style.name} is silent; give a style that can be heard")
        statistics = StyleStatistics(self.extractor)
        size = self.settings.frames(self.settings.block_seconds, rep)
        for spectrum in regrouped(self._spectra(style, measures), size or np.inf):
            statistics.add(_frames_first(rep.to_level(spectrum)))
        return statistics

    def _spectra(self, recording, measures):
        blocks = recording.blocks(self.settings.gain(measures))
        return self.representation.analyse(blocks, self.settings.keep_length)

    def _optimised(self, content, measures, spectra, run):
        """Yields levels `[channels, bins, frames]`, as many frames as the spectra have."""
        rep, settings = self.representation, self.settings
        frames, mean_square = self._survey(content, measures)
        size = settings.frames(settings.block_seconds, rep)
        overlap = settings.frames(settings.overlap_seconds, rep) if size else 0
        count, size = block_layout(frames, size, overlap)
        bar = progress_bar(count * self.optimisation.steps, "Optimising", "step")
        numbers = itertools.count()

        def process(spectrum):
            level = _frames_first(rep.to_level(spectrum))
            # A block has the share of the style's energy that it has of the content's.
            share = float(np.mean(np.square(level), dtype=np.float64)) / mean_square
            result = self._block(next(numbers), level, spectrum, share, run, bar)
            return result.transpose(0, 2, 1)

        with bar:
            yield from overlapping.through_windows(
                spectra, size, min(overlap, size - 1), process, overlapping.smooth
            )

    def _block(self, number, level, spectrum, share, run, bar):
        """Levels of one block `[channels, frames, bins]`, found or taken from a run."""
        done = run.finished(number) if run else None
        start = number * self.optimisation.steps
        if done is None:
            first = self.optimisation.first(level, (self._seed, number))
            progress = Progress()
            progress.state = self._stepper.start(first)
            if run:
                run.resume(number, progress)

            def report():
                bar.update(start + progress.step - bar.n)
                bar.set_postfix(loss=f"{progress.loss:.4g}", refresh=False)
                if run:
                    run.keep(number, start, progress, lambda: self._sound(progress, spectrum))

            progress.report = report
            constants = self._objective.constants(level, share)
            done = optimise(self.optimisation, self._stepper, constants, progress)
            if run:
                run.finish(number, start, progress, done)
        bar.update(start + self.optimisation.steps - bar.n)
        return done

    def _sound(self, progress, spectrum):
        levels = ops.convert_to_numpy(self.optimisation.clamp(progress.state.levels))
        pair = (levels.transpose(0, 2, 1), spectrum)
        return np.concatenate(list(self.representation.synthesise([pair])))

    def _survey(self, content, measures):
        """(frames of a content, mean square of its levels)."""
        frames, total = 0, 0.0
        for spectrum in self._spectra(content, measures):
            level = self.representation.to_level(spectrum)
            frames += level.shape[-1]
            total += float(np.square(level, dtype=np.float64).sum()) / level[..., 0].size
        return frames, max(total / frames, 1e-20)

    def _mixed(self, levels, spectra):
        for level in levels:
            spectrum = spectra.take(level.shape[-1])
            original = self.representation.to_level(spectrum)
            if self.settings.keep_dynamics:
                level = self.representation.with_dynamics(level, original)
            yield original + self._mix[:, None] * (level - original), spectrum


def _frames_first(level):
    """`[channels, bins, frames]` as `[channels, frames, bins]`."""
    return np.ascontiguousarray(level.transpose(0, 2, 1))


def _checksum(arrays):
    total = 0
    for value in arrays:
        total = zlib.crc32(value.tobytes(), total)
    return total
