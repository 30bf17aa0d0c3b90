"""Trains the instruments that come with the package, from rendering to the finished model folder.

python -m tools.train_instruments --instruments=flute,violin

Each step keeps what is there, so the same command goes on after a stop. To train further than
gin/ddsp/small.gin says: --gin_param=train.num_steps=20000 --gin_param=Trainer.lr_decay_steps=120
--change_settings
"""

import subprocess
import sys
from pathlib import Path

from absl import flags

from audio_tt.command import app, change_flags, gin_flags, path_flags
from audio_tt.errors import UserError

INCLUDED = ["clarinet", "flute", "oboe", "trumpet", "violin"]  # at 16 kHz
_INSTRUMENTS = flags.DEFINE_list("instruments", INCLUDED, "Which to train.")
_DATA_DIR = path_flags.DEFINE_path("data_dir", "data", "Folder for recordings and features.")
_RATE = flags.DEFINE_enum(
    "sample_rate", "16000", ["16000", "32000", "48000"], "Of recordings and models, Hz."
)
_RUNS_DIR = path_flags.DEFINE_path("runs_dir", "runs", "Folder for the runs.")
_OUTPUT_DIR = path_flags.DEFINE_path("output_dir", "ddsp_tt/pretrained", "Folder for the models.")
_MIDI = path_flags.DEFINE_path(
    "midi_path", None, "Folder of MIDI files to play instead of the corpus."
)
_MINUTES = flags.DEFINE_float("minutes", 12.0, "Minutes of recordings for each instrument.")
flags.adopt_module_key_flags(change_flags)


def main() -> None:
    """Renders, prepares, trains and exports, one instrument after the other."""
    from ddsp_tt.trained import packing

    rate = _RATE.value
    place = "" if rate == "16000" else f"{rate}_hz"
    data_dir, runs_dir = Path(_DATA_DIR.value) / place, Path(_RUNS_DIR.value) / place
    performances = data_dir / "performances"
    _command(
        "timbre_tt.render_performances",
        f"--instruments={','.join(_INSTRUMENTS.value)}",
        f"--output_dir={performances}",
        f"--sample_rate={rate}",
        f"--minutes={_MINUTES.value}",
        *([f"--midi_path={_MIDI.value}"] if _MIDI.value else []),
    )
    for instrument in _INSTRUMENTS.value:
        prepared = data_dir / "ddsp" / instrument
        for split in ("train", "test"):
            _command(
                "ddsp_tt.prepare_dataset",
                f"--input_audio_filepatterns={performances / instrument / split}",
                f"--output_path={prepared / split}",
                f"--sample_rate={rate}",
            )
        run_dir = runs_dir / instrument
        settings, name = instrument, instrument
        if rate != "16000":
            settings, name = (f"{x}_{int(rate) // 1000}k" for x in ("small", instrument))
        _command(
            "ddsp_tt.run",
            f"--data_dir={prepared / 'train'}",
            f"--eval_data_dir={prepared / 'test'}",
            f"--save_dir={run_dir}",
            f"--gin_file=ddsp/{settings}.gin",
            *[f"--gin_file={name}" for name in gin_flags.files()],
            *[f"--gin_param={parameter}" for parameter in gin_flags.parameters()],
            *(["--change_settings"] if change_flags.allowed() else []),
            *([f"--gpu={flags.FLAGS.gpu}"] if flags.FLAGS.gpu is not None else []),
        )
        packing.export(run_dir, Path(_OUTPUT_DIR.value) / name)


def _command(module, *arguments):
    """Runs a command in a process of its own, so that its memory and settings end with it."""
    if subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode:
        raise UserError(f"{module} did not end well; the lines above say why")


if __name__ == "__main__":
    app.run(main)
