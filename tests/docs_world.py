"""What the pages of README and docs take as given: recordings, music, data, trained models."""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import note_files
import numpy as np
import soundfile
from docs_commands import ROOT, is_sound_file

from audio_tt.music.notes import Note, to_midi, write_midi
from audio_tt.music.soundfont import small_soundfont

# Two of each instrument, so that one can be held out.
_RECORDINGS = ("flute/tune", "flute/air", "violin/song", "violin/reel")
_SOLOS = ("clarinet_0", "flute_0", "flute_1", "singer_0", "tenor_sax_0", "trumpet_0", "violin_0")
# The first three are held out wherever melodies are rendered: their titles decide.
_MELODIES = ("aird/crief-fair", "bach/j", "oneill/the-honeysuckle", "x/a", "x/b")
# One block comes from the microphone, then Ctrl-C.
_SOUND_CARD = """
import contextlib
import numpy as np


class PortAudioError(Exception):
    pass


def Stream(samplerate, blocksize, channels, dtype, callback):
    output = np.full((blocksize, channels), np.nan, dtype)
    callback(np.zeros_like(output), output, blocksize, None, None)
    assert np.isfinite(output).all()
    return contextlib.nullcontext()


def sleep(milliseconds):
    raise KeyboardInterrupt
"""
# A file as Google Drive has it, but for the values.
_PUBLISHED_GENERATOR = """
import sys
from audio_tt.models import weights
from pix2pix_tt.models import unet_generator

weights.save_weights(unet_generator(), sys.argv[1])
"""
# The example that docs/gin.md shows.
_VARIATION = "include 'ddsp/small.gin'\nSpectralLoss.logmel_weight = 1.0\n"


class World:
    """Makes what is given once, and puts copies into the folders in which pages are followed.

    Args:
      kept: a folder for what is made.
      melody: the fixture of that name.
    """

    def __init__(self, kept, melody):
        self.kept, self.melody = kept, melody

    def put(self, folder, path):
        """Puts what a page calls `path` into its folder, where it is given and not there yet."""
        if is_sound_file(path) and not (folder / path).exists():
            self.recording(folder / path)
        for name in (path, *map(str, Path(path).parents)):
            if name in GIVEN and not (folder / name).exists():
                made = self.kept / GIVEN[name].__name__
                if not made.exists():
                    GIVEN[name](self, made)
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                put = shutil.copytree if made.is_dir() else shutil.copyfile
                put(made, folder / name)

    def recording(self, path, timbre="bowed"):
        """Writes a recording of one voice, 3.5 s."""
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, self.melody(timbre, 16000, 3.5), 16000)

    def recordings(self, made):
        for name in _RECORDINGS:
            self.recording(made / f"{name}.wav")

    def notes(self, made):
        for midi in (60, 64, 67, 72, 76, 79):
            (made / f"{midi}.wav").parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(made / f"{midi}.wav", note_files.note(midi), note_files.RATE)

    def solos(self, made):
        for name in _SOLOS:
            self.recording(made / f"{name}.wav")

    def midi(self, made):
        for low, name in enumerate(_MELODIES, 62):
            steps = enumerate((0, 4, 2, 5, 7, 12, 9, 11))
            notes = [Note(low + step, 90, 0.4 * i, 0.4 * i + 0.4) for i, step in steps]
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            write_midi(made / f"{name}.mid", notes, 0)

    def piece(self, made):
        midi = to_midi([Note(72, 90, 0.0, 0.4), Note(74, 90, 0.4, 0.8)], 73)
        midi.instruments += [copy.deepcopy(midi.instruments[0]) for _ in range(3)]
        midi.write(str(made))

    def soundfont(self, made):
        shutil.copyfile(small_soundfont(), made)

    def sound_card(self, made):
        made.write_text(_SOUND_CARD)

    def gin_variation(self, made):
        made.write_text(_VARIATION)

    def ddsp_model(self, made):
        shutil.copytree(ROOT / "ddsp_tt/pretrained/flute", made)

    def ddsp_examples(self, made, sample_rate=16000):
        source = self.kept / f"{made.name}_recordings"
        self.recordings(source)
        command = ["ddsp_tt.prepare_dataset", f"--input_audio_filepatterns={source}"]
        command += [f"--output_path={made}", f"--sample_rate={sample_rate}"]
        run([*command, "--f0_method=yin", "--processes=1"], self.kept)

    def ddsp_examples_at_48_khz(self, made):
        self.ddsp_examples(made, 48000)

    def magenta_folder(self, made):
        run([ROOT / "tests" / "magenta_folder.py", made], self.kept)

    def autoencoder_model(self, made):
        shutil.copytree(ROOT / "autoencoder_tt/pretrained/flute", made)

    def clips(self, made):
        source = self.kept / "recordings_to_cut"
        self.recordings(source)
        command = ["autoencoder_tt.preprocess", f"--input={source}", f"--output={made}"]
        run([*command, "--whole", "--f0_method=yin"], self.kept)

    def pix2pix_audios(self, made):
        self.recording(made / "keyboard_acoustic" / "piece.wav")
        self.recording(made / "guitar_acoustic" / "piece.wav", "plucked")

    def pix2pix_slices(self, made):
        random = np.random.default_rng(0)
        for instrument in ("piano", "guitar", "string_acoustic"):
            for song in range(4):
                path = made / instrument / f"song{song}_000.npy"
                path.parent.mkdir(parents=True, exist_ok=True)
                np.save(path, random.random((256, 256, 1), np.float32))

    def pix2pix_model(self, made):
        shutil.copytree(ROOT / "pix2pix_tt/pretrained/guitar_acoustic", made)

    def published_generator(self, made):
        run(["-c", _PUBLISHED_GENERATOR, made], self.kept)

    def conditioned_model(self, made):
        slices = self.kept / "slices"
        self.pix2pix_slices(slices)
        command = ["pix2pix_tt.train_multitarget", f"--dataset_path={slices}", "--origin=piano"]
        command += ["--target=guitar,string_acoustic", "--gin_file=pix2pix/small.gin"]
        run([*command, f"--models_path={self.kept}", *SHORT_PIX2PIX], self.kept)
        (self.kept / "piano_2_any").rename(made)


SHORT_PIX2PIX = (
    "--epochs=1",
    f"--gin_file={Path(__file__).parent / 'shortened' / 'pix2pix.gin'}",
)
GIVEN = {
    **dict.fromkeys(("recordings", "my_recordings", "my_songs", "test_set"), World.recordings),
    "solos": World.solos,
    "my_notes": World.notes,
    **dict.fromkeys(("whistling", "trumpet", "shared/audio"), World.recordings),
    **dict.fromkeys(("midi", "shared/midi"), World.midi),
    **dict.fromkeys(("song.mid", "quartet.mid"), World.piece),
    "FluidR3_GM.sf2": World.soundfont,
    "sounddevice.py": World.sound_card,
    "my_variation.gin": World.gin_variation,
    **dict.fromkeys(("runs/mine", "trained"), World.ddsp_model),
    "magenta": World.magenta_folder,
    **dict.fromkeys(("data/mine", "data/mine_held_out"), World.ddsp_examples),
    **dict.fromkeys(("data/flute/train", "data/flute/test"), World.ddsp_examples),
    **dict.fromkeys(("data/ddsp/flute/test", "data/ddsp/violin/test"), World.ddsp_examples),
    **dict.fromkeys(("data/ddsp/whistle/train", "data/ddsp/whistle/test"), World.ddsp_examples),
    **dict.fromkeys(("data/ddsp/trumpet/train", "data/ddsp/trumpet/test"), World.ddsp_examples),
    "data/48000_hz/ddsp/flute/test": World.ddsp_examples_at_48_khz,
    "model": World.autoencoder_model,
    "autoencoder_tt/pretrained/flute": World.autoencoder_model,
    "data/six_clips": World.clips,
    "data/pix2pix/audios/test": World.pix2pix_audios,
    "runs/pix2pix/keyboard_acoustic_2_guitar_acoustic": World.pix2pix_model,
    "runs/pix2pix/keyboard_acoustic_2_any": World.conditioned_model,
    "generator.h5": World.published_generator,
}


def run(words, folder, code=0):
    """Runs a module or a script with its arguments, and expects an exit code."""
    program = ["-m", *words] if str(words[0]).split(".")[0].endswith("_tt") else words
    result = subprocess.run(
        [sys.executable, *map(str, program)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=900,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TIMBRE_TT_HOME": str(folder / "home"),
            "TIMBRE_TT_SOUNDFONT": str(small_soundfont()),
        },
    )
    assert code is None or result.returncode == code, result.stderr
    return result
