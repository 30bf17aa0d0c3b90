"""Whether the whistle-to-trumpet models follow what is played: figures, pictures, sound.

python benchmarks/whistle_to_trumpet.py --models runs/published runs/cured \
    --whistle data/ddsp/whistle/test --trumpet data/ddsp/trumpet/test --output docs

Pitch and loudness are asked of the output as they are in the input, so nothing is fitted to the
trumpet. A sung tone is made here: a buzz that glides, with vibrato, through the resonances of a
vowel. Pitch is measured by CREPE tiny with Viterbi.
"""

import argparse
from pathlib import Path

import numpy as np
import scipy.signal

from audio_tt.dsp.units import db_to_amplitude
from audio_tt.files import io
from audio_tt.metrics import audio_metrics
from audio_tt.pitch import tracking
from audio_tt.plots import charts
from ddsp_tt.data import example_files
from ddsp_tt.features import extraction
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.trained import loading
from ddsp_tt.training.two_stage import SOURCE_FOLDER

RATE, FRAME_RATE = 16000, 250
COLUMNS = ("spectral_loss", "raw_pitch_accuracy", "loudness_correlation", "loudness_l1_db")


def sung_glide(seconds=8.0):
    """A vowel sung up and down two octaves, louder and softer."""
    time = np.arange(round(seconds * RATE)) / RATE
    octaves = 1.0 - np.cos(2 * np.pi * time / seconds)
    f0_hz = 180 * 2 ** (octaves + 0.02 * np.sin(2 * np.pi * 5.5 * time))
    cycles = np.cumsum(f0_hz) / RATE
    buzz = sum(np.sin(2 * np.pi * k * cycles) / k * (k * f0_hz < 0.45 * RATE) for k in range(1, 40))
    vowel = 0.0
    for hz, width, gain in ((650, 90, 1.0), (1100, 110, 0.6), (2800, 160, 0.25)):
        b, a = scipy.signal.iirpeak(hz, hz / width, RATE)
        vowel = vowel + gain * scipy.signal.lfilter(b, a, buzz)
    swell = db_to_amplitude(-(12 + 12 * np.cos(2 * np.pi * time / 2.7)))
    fade = np.minimum(1.0, np.minimum(time, time[-1] - time) / 0.1)
    breath = 0.003 * np.random.default_rng(0).standard_normal(len(time))
    return (0.5 * swell * fade * vowel / np.abs(vowel).max() + breath * fade).astype("float32")


def measured(audio):
    """Features of audio, as transfer has them."""
    audio = extraction.whole_frames(audio)
    return {"audio": audio, "audio_16k": audio, **extraction.extract(audio)}


def play(trained, example):
    """The model's own sound for an example, nothing fitted."""
    return np.concatenate(list(trained.render(example)))


def score(example, audio):
    """How the output follows the input."""
    f0_hz, _ = tracking.track(audio, RATE, FRAME_RATE)
    loudness_db = extraction.loudness(audio)
    voiced = np.where(example["f0_confidence"] >= audio_metrics.CONFIDENT, example["f0_hz"], 0.0)
    return {
        "spectral_loss": audio_metrics.multiscale_spectral_distance(example["audio"], audio),
        "raw_pitch_accuracy": audio_metrics.raw_pitch_accuracy(voiced, f0_hz),
        "loudness_correlation": audio_metrics.loudness_correlation(
            example["loudness_db"], loudness_db
        ),
        "loudness_l1_db": audio_metrics.loudness_l1(example["loudness_db"], loudness_db),
    }


def report(name, what, examples, outputs):
    """One row of the table."""
    scores = audio_metrics.summarise([score(*pair) for pair in zip(examples, outputs, strict=True)])
    figures = [f"{scores[column]:.3f}" for column in COLUMNS]
    if "trumpet" in what and "whistle to" in what or "sung" in what:
        figures[0] = "-"  # there is no recording that it should equal
    print(f"| {name} | {what} | {' | '.join(figures)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", required=True)
    parser.add_argument("--whistle", required=True)
    parser.add_argument("--trumpet", required=True)
    parser.add_argument("--seconds", type=float, default=20.0, help="Of each recording.")
    parser.add_argument("--output", help="Folder for images/ and listen/whistle/.")
    arguments = parser.parse_args()
    frames = round(arguments.seconds * FRAME_RATE)
    whistles, trumpets = (
        [cut(example, frames) for example in example_files.load_folder(folder)]
        for folder in (arguments.whistle, arguments.trumpet)
    )
    glide = measured(sung_glide())
    print(f"| model | what | {' | '.join(COLUMNS)} |")
    print("| --- | --- |" + " ---: |" * len(COLUMNS))
    for path in map(Path, arguments.models):
        source, target = loading.load(path / SOURCE_FOLDER), loading.load(path)
        report(path.name, "whistle again", whistles, [play(source, x) for x in whistles])
        outputs = [play(target, x) for x in whistles]
        report(path.name, "whistle to trumpet", whistles, outputs)
        sung = play(target, glide)
        report(path.name, "sung glide to trumpet", [glide], [sung])
        if arguments.output:
            draw(Path(arguments.output), path.name, whistles[0], outputs[0], glide, sung)
            listen(Path(arguments.output), path.name, target, whistles[0], glide)
        target.model.encoder.freeze_for_target()
        report(path.name, "trumpet again", trumpets, [play(target, x) for x in trumpets])


def cut(example, frames):
    """The beginning of an example."""
    hop = {"audio": 64, "audio_16k": 64}
    return {
        key: x[: frames * hop.get(key, 1)] if isinstance(x, np.ndarray) else x
        for key, x in example.items()
    }


def draw(folder, name, whistle, whistled, glide, sung):
    """Pitch and loudness of input and output, one picture for each of the two inputs."""
    for what, example, audio in (("whistle", whistle, whistled), ("sung", glide, sung)):
        n = min(len(example["f0_hz"]), 8 * FRAME_RATE)
        f0_hz, confidence = tracking.track(audio, RATE, FRAME_RATE)
        heard = np.where(confidence > 0.5, f0_hz, 0.0)
        played = np.where(example["f0_confidence"] > 0.5, example["f0_hz"], 0.0)
        charts.curves(
            folder / "images" / f"whistle_{name}_{what}.png",
            np.arange(n) / FRAME_RATE,
            {"input": played[:n], "output": heard[:n]},
            {"input": example["loudness_db"][:n], "output": extraction.loudness(audio)[:n]},
        )


def listen(folder, name, target, whistle, glide):
    """The inputs, and what the model makes of them with loudness fitted to the trumpet."""
    for what, example in (("whistle", whistle), ("sung", glide)):
        audio = example["audio"][: 8 * RATE]
        io.write(folder / "listen" / "whistle" / f"{what}.ogg", audio, RATE)
        player = DdspPlayer(target, Adjustment(keep_octave=True))
        played = np.concatenate(list(player.play_features(example, len(audio))))
        io.write(folder / "listen" / "whistle" / f"{what}_{name}.ogg", played, RATE)


if __name__ == "__main__":
    main()
