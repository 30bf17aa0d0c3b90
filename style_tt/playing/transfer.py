"""Content in, content in another style out: the one path that every command goes."""

import dataclasses
import itertools

import gin
import numpy as np
from absl import logging
from keras import ops

from audio_tt.command.progress import progress as progress_bar
from audio_tt.dsp import overlapping
from audio_tt.errors import UserError
from style_tt.features import LogSpectrogram, Waveform
from style_tt.models.extraction import Extractor
from style_tt.playing.mixing import strengths
from style_tt.playing.recordings import Recording, block_layout, regrouped
from style_tt.training.objective import Objective
from style_tt.training.optimisation import Optimisation, Progress, optimise
from style_tt.training.statistics import StyleStatistics

REPRESENTATIONS = {"spectrogram": LogSpectrogram, "waveform": Waveform}
SILENCE = 1e-4  # peak amplitude below which nothing is heard


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
      max_seconds: of both recordings that count; None for all.
      mono: whether channels are mixed; otherwise all are optimised together.
      keep_dynamics: whether every frame is as loud as the content's; otherwise it is as loud as the
        style has made it, in rests too. A waveform has no frames and stays as it is.
      keep_length: whether the output is as long as the content, to the sample; otherwise what comes
        after the last whole hop is lost.
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

    def frames(self, seconds, representation):
        """Frames of so many seconds; None for None."""
        if seconds is None:
            return None
        return max(1, round(seconds * representation.sample_rate / representation.hop_length))

    def gain(self, measures):
        """The factor that brings a recording to `level_db`."""
        if self.level_db is None or not measures.rms:
            return 1.0
        return 10.0 ** (self.level_db / 20.0) / measures.rms


def load_settings():
    """(`StyleTransfer`, its representation), as gin has them."""
    settings = StyleTransfer()
    return settings, REPRESENTATIONS[settings.representation]()


class Session:
    """A style that was measured, ready to be given to content.

    Settings are those of gin.

    Args:
      style: a `Recording` at the representation's sample rate.
      network: a network of `random_network` with other weights, or None.

    Attributes:
      settings: `StyleTransfer`.
      representation: `LogSpectrogram` or `Waveform`.
      extractor: `Extractor`.
      style_measures: `Measures` of the style.

    Raises:
      UserError: the style is silent, or shorter than a frame.
    """

    def __init__(self, style, network=None):
        self.settings, self.representation = load_settings()
        self.extractor = Extractor(self.representation.n_bins, network=network)
        self.style_measures = style.measure()
        self._check_length(style, self.style_measures)
        if self.style_measures.peak < SILENCE:
            raise UserError(f"{style.name} is silent; give a style that can be heard")
        statistics = StyleStatistics(self.extractor)
        spectra = self._spectra(style, self.style_measures)
        size = self.settings.frames(self.settings.block_seconds, self.representation)
        for spectrum in regrouped(spectra, size or np.inf):
            statistics.add(_frames_first(self.representation.to_level(spectrum)))
        self._optimisation = Optimisation()
        self._objective = Objective(self.extractor, statistics)
        self._stepper = self._optimisation.steps_on(self._objective)

    def play(self, content, strength=1.0, bands=(), seed=0, run=None):
        """Gives a content the style; memory does not grow with its length.

        Content without sound is no error: what comes out is silence, and one warning says so.

        Args:
          content: a `Recording` at the representation's sample rate.
          strength: 0 (the content) to 1 (the result of the optimisation).
          bands: (Hz, strength) pairs, see `mixing.strengths`.
          seed: of noise to start from, and of random phase.
          run: a `runs.StyleRun` that keeps what has been done; None for none.

        Yields:
          float32 `[samples, channels]`.

        Raises:
          UserError: the content is shorter than a frame.
        """
        measures = content.measure()
        self._check_length(content, measures)
        if measures.peak < SILENCE:
            logging.warning("%s is silent, so the output is silence", content.name)
            yield from (np.zeros_like(block) for block in content.blocks())
            return
        rep, gain = self.representation, self.settings.gain(measures)
        spectra = overlapping.Seen(self._spectra(content, measures))
        levels = self._optimised(content, measures, spectra, seed, run)
        mix = strengths(strength, bands, rep)
        pairs = self._mixed(levels, spectra, mix)
        left = measures.samples
        if not self.settings.keep_length:
            left = max(left, rep.n_fft) // rep.hop_length * rep.hop_length
        for block in rep.synthesise(pairs, seed):
            block = block[:left] / np.float32(gain)
            left -= len(block)
            if len(block):
                yield block

    def _spectra(self, recording, measures):
        blocks = recording.blocks(self.settings.gain(measures))
        return self.representation.analyse(blocks, self.settings.keep_length)

    def _optimised(self, content, measures, spectra, seed, run):
        """Yields levels `[channels, bins, frames]`, as many frames as the spectra have."""
        rep, settings = self.representation, self.settings
        frames, mean_square = self._survey(content, measures)
        size = settings.frames(settings.block_seconds, rep)
        overlap = settings.frames(settings.overlap_seconds, rep) if size else 0
        count, size = block_layout(frames, size, overlap)
        bar = progress_bar(count * self._optimisation.steps, "Optimising", "step")
        numbers = itertools.count()

        def process(spectrum):
            level = _frames_first(rep.to_level(spectrum))
            # A block has the share of the style's energy that it has of the content's.
            share = float(np.mean(np.square(level), dtype=np.float64)) / mean_square
            result = self._block(next(numbers), level, spectrum, share, seed, run, bar)
            return result.transpose(0, 2, 1)

        with bar:
            yield from overlapping.through_windows(
                spectra, size, min(overlap, size - 1), process, overlapping.smooth
            )

    def _block(self, number, level, spectrum, share, seed, run, bar):
        """Levels of one block `[channels, frames, bins]`, found or taken from a run."""
        done = run.finished(number) if run else None
        start = number * self._optimisation.steps
        if done is None:
            first = self._optimisation.first(level, (seed, number))
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
            done = optimise(self._optimisation, self._stepper, constants, progress)
            if run:
                run.finish(number, start, progress, done)
        bar.update(start + self._optimisation.steps - bar.n)
        return done

    def _sound(self, progress, spectrum):
        levels = ops.convert_to_numpy(self._optimisation.clamp(progress.state.levels))
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

    def _mixed(self, levels, spectra, mix):
        for level in levels:
            spectrum = spectra.take(level.shape[-1])
            original = self.representation.to_level(spectrum)
            if self.settings.keep_dynamics:
                level = self.representation.with_dynamics(level, original)
            yield original + mix[:, None] * (level - original), spectrum

    def _check_length(self, recording, measures):
        if measures.samples < self.representation.n_fft:
            rep = self.representation
            raise UserError(
                f"{recording.name} has {measures.samples} samples at {rep.sample_rate} Hz, fewer "
                f"than a frame of {rep.n_fft}; give a longer recording"
            )


def render(content, style, sample_rate, strength=1.0, bands=(), seed=0):
    """Gives one recording in memory the style of another.

    Args:
      content: float32 `[samples]` or `[samples, channels]`.
      style: the same, of any length.
      sample_rate: of both, Hz.
      strength: as for `Session.play`.
      bands: as for `Session.play`.
      seed: as for `Session.play`.

    Returns:
      (audio, its sample rate): float32, shaped like the content.
    """
    import soxr

    wanted = load_settings()[1].sample_rate
    both = []
    for audio, name in ((content, "the content"), (style, "the style")):
        audio = np.asarray(audio, np.float32)
        if sample_rate != wanted:
            audio = soxr.resample(audio, sample_rate, wanted)
        both.append(Recording.from_audio(audio, name))
    played = Session(both[1]).play(both[0], strength, bands, seed)
    audio = np.concatenate(list(played))
    return (audio[:, 0] if np.ndim(content) == 1 else audio), wanted


def _frames_first(level):
    """`[channels, bins, frames]` as `[channels, frames, bins]`."""
    return np.ascontiguousarray(level.transpose(0, 2, 1))
