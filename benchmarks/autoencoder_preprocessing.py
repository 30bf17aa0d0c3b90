"""Pitch for the published autoencoder's clips: this project against librosa's pYIN.

python benchmarks/autoencoder_preprocessing.py --input=recordings

The original calls `librosa.pyin` for each clip of 2.95 s. The same is timed here in the same
process, one thread, clip by clip in turns; then all that preprocessing does, with one process and
with several. Without --input the clips are made up.
"""

import argparse
import itertools
import tempfile
import time
from pathlib import Path

from audio_tt.command import app  # noqa: F401  first, it keeps TensorFlow quiet

TRACKERS = ("pyin", "crepe", "yin")


def made_up(folder, count, sample_rate, n_samples):
    """Writes clips of notes with vibrato, twelve harmonics and a little noise."""
    import numpy as np

    from audio_tt.files import io

    random = np.random.default_rng(0)
    seconds = np.arange(n_samples) / sample_rate
    for index in range(count):
        notes = random.integers(55, 80, 1 + n_samples // (sample_rate // 2))
        f0_hz = 440.0 * 2.0 ** ((notes[(seconds * 2).astype(int)] - 69) / 12.0)
        vibrato = 1.0 + 0.004 * np.sin(2 * np.pi * 5.5 * seconds)
        phase = 2 * np.pi * np.cumsum(f0_hz * vibrato) / sample_rate
        audio = sum(np.sin(k * phase) / k for k in range(1, 13))
        audio = 0.1 * audio + random.normal(0.0, 1e-3, n_samples)
        io.write(Path(folder) / f"{index:03d}.wav", audio.astype(np.float32), sample_rate)


def timed(function, *arguments, **options):
    """Result, seconds, and seconds of processor."""
    start = time.perf_counter(), time.process_time()
    result = function(*arguments, **options)
    return result, time.perf_counter() - start[0], time.process_time() - start[1]


def main():
    """Prints seconds a clip, ratios, and how the trackers agree."""
    import threadpoolctl

    parser = argparse.ArgumentParser()
    parser.add_argument("--input", help="recordings; made-up ones by default")
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--num_workers", type=int, default=2)
    arguments = parser.parse_args()
    from autoencoder_tt.published.features import ClipSpectrogram

    spectrogram = ClipSpectrogram()
    with tempfile.TemporaryDirectory() as folder, threadpoolctl.threadpool_limits(1):
        source = arguments.input or f"{folder}/recordings"
        if not arguments.input:
            made_up(source, arguments.clips, spectrogram.sample_rate, spectrogram.n_samples)
        compare_trackers(source, spectrogram, arguments)
        compare_processes(source, folder, spectrogram, arguments.num_workers)


def compare_trackers(source, spectrogram, arguments):
    """librosa's pYIN, and the trackers here, on the same clips in turns."""
    import numpy as np

    from audio_tt.dsp.locked_librosa import librosa
    from audio_tt.files import io

    n_samples, rate = spectrogram.n_samples, spectrogram.sample_rate
    blocks = (block for path in io.find_audio(source) for block in io.blocks(path, rate, n_samples))
    whole = (block for block in blocks if len(block) == n_samples)
    clips = list(itertools.islice(whole, arguments.clips))

    def original(audio):
        f0_hz, _, _ = librosa.pyin(
            audio, fmin=spectrogram.fmin, fmax=spectrogram.fmax, sr=rate, hop_length=512
        )
        return np.nan_to_num(f0_hz).astype(np.float32)

    functions = {"librosa.pyin": original} | {
        method: (lambda audio, method=method: spectrogram.pitch(audio, method))
        for method in TRACKERS
    }
    for function in functions.values():
        function(clips[0])  # compiles, loads weights
    wall, processor, found = ({name: [] for name in functions} for _ in range(3))
    for audio in clips:
        for name, function in functions.items():
            runs = [timed(function, audio) for _ in range(arguments.repeats)]
            found[name].append(runs[0][0])
            wall[name].append(min(run[1] for run in runs))
            processor[name].append(min(run[2] for run in runs))
    reference = np.concatenate(found["librosa.pyin"])
    print(f"{len(clips)} clips of {n_samples / rate:.2f} s, best of {arguments.repeats} each")
    for name in functions:
        f0_hz = np.concatenate(found[name])
        both = (f0_hz > 0) & (reference > 0)
        close = np.abs(12 * np.log2(f0_hz[both] / reference[both])) < 0.5
        print(
            f"{name:>14}: {np.mean(wall[name]):.3f} s a clip ({np.mean(processor[name]):.3f} s of "
            f"processor), {np.mean(wall['librosa.pyin']) / np.mean(wall[name]):.1f} x; "
            f"equal in {100 * np.mean(f0_hz == reference):.1f} % of the frames, "
            f"within half a semitone in {100 * close.mean():.1f} % of those with a pitch in both"
        )


def compare_processes(source, folder, spectrogram, workers):
    """All that preprocessing does, from recordings to files."""
    from autoencoder_tt.published import clips, preparation

    seconds = {}
    for count in (1, workers):
        output = Path(folder) / f"clips_{count}"
        _, seconds[count], _ = timed(
            preparation.preprocess, source, output, spectrogram, whole=True, processes=count
        )
        print(
            f"preprocess --num_workers={count}: {seconds[count]:.1f} s for "
            f"{len(clips.names(output))} clips, {seconds[1] / seconds[count]:.2f} x"
        )


if __name__ == "__main__":
    main()
