"""How near what a trained model plays comes to recordings of the same music."""

import numpy as np

from audio_tt.dsp import stft_blocks
from audio_tt.dsp.loudness import compute_loudness
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.metrics import audio_metrics
from audio_tt.pitch import tracking
from autoencoder_tt import designs
from autoencoder_tt.frames import transfer
from autoencoder_tt.frames.transfer import Playing
from autoencoder_tt.published import clip_transfer

FRAME_RATE = 100.0  # of the pitch that is compared
RECORDED = "input"
PHASES = (*transfer.PHASES, RECORDED)
FIGURES = {
    "lsd_db": "LSD (dB)",
    "mfcc": "MFCC distance",
    "raw_pitch_accuracy": "raw pitch accuracy",
    "loudness_correlation": "loudness correlation",
    "mfcc_frechet": "MFCC-Frechet",
}


def is_frame_wise(trained):
    """Whether a `designs.TrainedModel` is of the improved design."""
    return isinstance(trained.design, designs.FrameDesign)


def rate_of(trained):
    """Sample rate of a `designs.TrainedModel` in Hz."""
    design = trained.design
    return (design.features if is_frame_wise(trained) else design.spectrogram).sample_rate


def hear(path, sample_rate, noise_db=None):
    """Reads a recording.

    Args:
      path: the file.
      sample_rate: Hz.
      noise_db: level of white noise to add, dB below that of the recording; None for none. The
        same for the same recording.

    Returns:
      float32 `[samples]`.
    """
    audio, _ = io.read(path, sample_rate)
    if noise_db is not None:
        noise = np.random.default_rng(0).standard_normal(len(audio))
        audio = audio + noise * (np.sqrt(np.mean(audio**2)) * 10.0 ** (-noise_db / 20.0))
    return audio.astype(np.float32)


def play(trained, audio, phases=PHASES[:1], **pitch_options):
    """Plays a recording on a model of either design.

    Args:
      trained: a `designs.TrainedModel`.
      audio: float32 `[samples]` at the model's sample rate.
      phases: of the frame-wise design: of `transfer.PHASES`, or "input", the recording's own
        as it is, which the published design has in any case.
      **pitch_options: of `audio_tt.pitch.tracking.track`; each design has its own tracker.

    Yields:
      (phase, float32 `[samples]`).
    """
    if not is_frame_wise(trained):
        network, spectrogram = trained.design.network, trained.design.spectrogram
        blocks = clip_transfer.play(network, spectrogram, [audio], "it", **pitch_options)
        yield RECORDED, np.concatenate(list(blocks))
        return
    measured, n_samples = transfer.measure([audio], trained.design.features, **pitch_options)
    for phase in phases:
        if phase != RECORDED or measured is None:
            start = transfer.PHASES[0] if phase == RECORDED else phase
            yield phase, transfer.render(trained, measured, n_samples, Playing(phase=start))
        else:
            spectra = _with_recorded_phase(trained, measured, audio)
            output = list(stft_blocks.synthesise(spectra, trained.design.features))
            yield phase, np.concatenate(output)[:n_samples, 0]


def compare(target, audio, sample_rate):
    """Figures of `audio` against a recording of the same music, see `audio_tt.metrics`.

    Args:
      target: float32 `[samples]`.
      audio: the same; the shorter of both counts.
      sample_rate: of both, Hz.

    Returns:
      dict by the names in `FIGURES`. The pitch is followed by pYIN.
    """
    length = min(len(target), len(audio))
    target, audio = target[:length], audio[:length]
    (f0_target, voiced), (f0_hz, _) = (
        tracking.track(x, sample_rate, FRAME_RATE, method="pyin") for x in (target, audio)
    )
    curves = [
        np.asarray(compute_loudness(x, sample_rate, sample_rate / 256, 1024))
        for x in (target, audio)
    ]
    return {
        "lsd_db": audio_metrics.log_spectral_distance(target, audio),
        "mfcc": audio_metrics.mfcc_distance(target, audio, sample_rate),
        "raw_pitch_accuracy": audio_metrics.raw_pitch_accuracy(
            np.where(voiced > 0.5, f0_target, 0), f0_hz
        ),
        "loudness_correlation": audio_metrics.loudness_correlation(*curves),
        "mfcc_frechet": audio_metrics.mfcc_frechet(target, audio, sample_rate),
    }


def as_markdown(rows):
    """Rows, {name: figures}, as a table."""
    lines = ["| | " + " | ".join(FIGURES.values()) + " |", "| --- |" + " ---: |" * len(FIGURES)]
    for name, figures in rows.items():
        cells = " | ".join(f"{figures[key]:.4g}" for key in FIGURES)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def pairs_of(heard_paths, target_paths):
    """Pairs of recordings of the same music, by their names.

    Raises:
      UserError: a recording has no partner, or more than one.
    """
    targets = {path.stem: path for path in target_paths}
    twice = [path for path in target_paths if targets[path.stem] != path]
    if twice:
        raise UserError(f"{twice[0]} and {targets[twice[0].stem]} are targets of one name")
    missing = [path for path in heard_paths if path.stem not in targets]
    if missing:
        raise UserError(f"{missing[0]} has no recording of the same music of that name")
    return [(path, targets[path.stem]) for path in heard_paths]


def _with_recorded_phase(trained, measured, audio):
    """What is drawn, with the phase of the recording: complex64 `[1, n_bins, frames]` each."""
    features = trained.design.features
    spectrum = np.concatenate(list(stft_blocks.analyse([audio], features)), axis=-1)
    start = 0
    for magnitude, _ in transfer.draw(trained, measured):
        here = slice(start, start + magnitude.shape[1])
        start = here.stop
        yield (magnitude * np.exp(1j * np.angle(spectrum[..., here]))).astype(np.complex64)
