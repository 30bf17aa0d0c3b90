"""Shows the pitch and loudness of a recording, from a file or from the microphone.

python -m ddsp_tt.detect_pitch --input=song.wav --output_dir=pitch
python -m ddsp_tt.detect_pitch --record=5 --output_dir=pitch --f0_method=pyin
python -m ddsp_tt.detect_pitch --input=song.wav --output_dir=pitch --midi=song.mid

It writes NAME.png (pitch over loudness), NAME_spectrogram.png and NAME.csv, 250 frames a second; a
recording from the microphone is kept as recording.wav. --midi writes the notes too.
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, ending, path_flags, pitch_flags
from audio_tt.command.progress import reporter
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.playing import midi_files
from ddsp_tt.playing import microphone

_INPUT = path_flags.DEFINE_paths("input", None, "Recordings: files, folders or globs.")
_RECORD = flags.DEFINE_float("record", None, "Record so many seconds instead.", lower_bound=0.1)
_OUTPUT = path_flags.DEFINE_path("output_dir", ".", "Folder to write into.")
_MIDI = path_flags.DEFINE_path(
    "midi", None, "Write the notes too: a .mid file, or for several recordings a folder."
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace MIDI files that are there.")
flags.adopt_module_key_flags(pitch_flags)

_SAMPLE_RATE = 16000


def main() -> int:
    """One recording after the other."""
    if (_INPUT.value is None) == (_RECORD.value is None):
        raise UserError("give --input=FILE or --record=SECONDS")
    folder = Path(_OUTPUT.value)
    if _INPUT.value is None:
        paths = [folder / "recording.wav"]
    else:
        paths = io.find_audio(_INPUT.value)
    names = batches.names(paths)
    midi = _midi_files(list(names.values()))
    if _INPUT.value is None:
        _record(paths[0])
    _, failed = batches.each(
        lambda path: _report(path, folder / names[path], midi.get(names[path])), paths
    )
    return 1 if failed else 0


def _midi_files(names):
    """{name: its MIDI file}, without any where none is asked for; none of them is there yet."""
    if _MIDI.value is None:
        return {}
    paths = midi_files.places(_MIDI.value, names)
    for path in paths:
        if path.exists() and not _OVERWRITE.value:
            raise UserError(f"{path} is there already; --overwrite replaces it")
    return dict(zip(names, paths, strict=True))


def _record(path):
    io.check_writable(path)
    io.write(path, microphone.record(_RECORD.value, _SAMPLE_RATE), _SAMPLE_RATE)


def _report(path, stem, midi):
    audio, _ = io.read(path, sample_rate=_SAMPLE_RATE)

    from audio_tt.music.transcription import transcribe
    from audio_tt.pitch import polyphony
    from ddsp_tt.evaluation import pitch_curves
    from ddsp_tt.features import extraction

    measured = extraction.extract(
        audio, progress=reporter("Following the pitch"), **pitch_flags.options()
    )
    polyphony.warn_if_polyphonic(audio, _SAMPLE_RATE, path)
    written = pitch_curves.write(audio, measured, stem, path.name)
    if midi is not None:
        transcribe(measured, extraction.FRAME_RATE).write(midi)
        written.append(str(midi))
    logging.info("%s: %s", path, pitch_curves.describe(measured))
    ending.say_written(*written)


if __name__ == "__main__":
    app.run(main, reads_gin=False)
