"""What each figure of `audio_tt.metrics` means beside others: title, direction, published values.

Published values are quoted with their source, never recomputed. They were measured on other
recordings, some with other pitch trackers, so they say where a figure usually lies, no more.
"""

import dataclasses

from audio_tt.metrics.tables import TITLES


@dataclasses.dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
      title: for the head of a table, with the unit.
      better: "lower" or "higher".
      digits: after the point.
      compares: with what: "input", "target" (a parallel recording) or "instrument" (any recordings
        of it).
      meaning: one sentence.
      published: what the literature reports, with its source; "" where there is nothing.
    """

    title: str
    better: str
    digits: int
    compares: str
    meaning: str
    published: str = ""


_CIFKA = "Cifka et al. 2021, one-shot style transfer"

FIGURES = {
    "raw_pitch_accuracy": Figure(
        TITLES["raw_pitch_accuracy"],
        "higher",
        3,
        "input",
        "Share of the voiced frames whose pitch is within 50 cents (mir_eval).",
    ),
    "raw_chroma_accuracy": Figure(
        TITLES["raw_chroma_accuracy"],
        "higher",
        3,
        "input",
        "The same with octave errors forgiven (mir_eval).",
    ),
    "f0_l1_semitones": Figure(
        TITLES["f0_l1_semitones"],
        "lower",
        3,
        "input",
        "Mean distance of the pitch where the input's is confident (DDSP).",
        "DDSP autoencoder 1.29, WaveRNN 1.00, as quoted from Engel et al. 2020, unit not stated",
    ),
    "f0_outliers": Figure(
        TITLES["f0_outliers"],
        "lower",
        3,
        "input",
        "Share of the recordings whose pitch is more than an octave off on average (DDSP).",
        "DDSP autoencoder 0.02, WaveRNN 0.07, as quoted from Engel et al. 2020",
    ),
    "voicing_recall": Figure(
        TITLES["voicing_recall"],
        "higher",
        3,
        "input",
        "Share of the voiced frames that are voiced in the output (mir_eval).",
    ),
    "voicing_false_alarm": Figure(
        TITLES["voicing_false_alarm"],
        "lower",
        3,
        "input",
        "Share of the unvoiced frames that are voiced in the output (mir_eval).",
    ),
    "pitch_jaccard": Figure(
        TITLES["pitch_jaccard"],
        "lower",
        3,
        "input",
        "Share of the notes that sound in one of the two only; any number of voices.",
        f"{_CIFKA}, by another pitch finder: copying the content .537, Gram matrices .544, "
        "VQ-VAE .550, copying the style .873",
    ),
    "loudness_l1_db": Figure(
        TITLES["loudness_l1_db"],
        "lower",
        2,
        "target",
        "Mean difference of the A-weighted loudness (DDSP).",
        "DDSP autoencoder 0.04, WaveRNN 0.10, as quoted from Engel et al. 2020, unit not stated",
    ),
    "loudness_correlation": Figure(
        TITLES["loudness_correlation"],
        "higher",
        3,
        "input",
        "Pearson's correlation of the loudness curves.",
    ),
    "log_spectral_distance_db": Figure(
        TITLES["log_spectral_distance_db"],
        "lower",
        2,
        "target",
        "Log-spectral distance, 80 dB deep.",
        f"{_CIFKA}: VQ-VAE 12.16, Gram matrices 14.50, musaicing 14.51, copying the content 14.62, "
        "copying the style 20.36",
    ),
    "multiscale_spectral_distance": Figure(
        TITLES["multiscale_spectral_distance"],
        "lower",
        2,
        "target",
        "DDSP's spectral loss over six frame sizes.",
        "4.5 to 5.0 is good enough for an instrument that plays itself, by Magenta's notebook",
    ),
    "mfcc_distance": Figure(
        TITLES["mfcc_distance"],
        "lower",
        1,
        "target",
        "Mean distance of the cepstra of aligned frames.",
        "",
    ),
    "mfcc_frechet": Figure(
        TITLES["mfcc_frechet"],
        "lower",
        0,
        "instrument",
        "Frechet distance of the statistics of the cepstra; timbre alone, no content. Not the "
        "Frechet audio distance, whose features are a trained network's.",
    ),
}
