"""Follows a page of README or docs: runs its commands in their order, in a fresh folder.

They are made short by what is added to them, and find there what the page takes as given.
"""

import importlib.util
import re
import shlex
from pathlib import Path

import docs_commands
from docs_world import SHORT_PIX2PIX, run

NOT_RUN = {
    "git clone REPOSITORY_URL timbre-tt": "the reader puts in where it is from",
    "python3 -m venv .venv": "test_wheel.py looks at what is installed",
    ".venv/bin/pip install .": "asks a package index",
    ".venv/bin/python -m timbre_tt.demo": "plays all instruments; timbre_tt/test_demo.py",
    "make docs": "asks a package index",
    "make demo": "makes .venv; timbre_tt/test_commands.py runs the command behind it",
    "make demo INPUT=my.wav": "the same",
    "make app": "serves until it is stopped; timbre_tt/test_page_in_browser.py",
    "timbre-transfer-app": "the same",
    "pip install 'timbre-tt[app]'": "asks a package index",
    "make deploy": "builds the wheel; test_deploy.py",
    "docker build -t timbre-tt dist/app": "needs Docker",
    "docker run -p 7860:7860 timbre-tt": "needs Docker",
    "make test": "is this suite",
    "make test-jax": "is this suite",
    "make check-all": "is this suite",
    "python -m pix2pix_tt.build_instrument --samples=layers/1,layers/4,layers/8,layers/12 "
    "--name=keyboard_acoustic --sample_rate=44100 --output=data/salamander/soft": "the recordings "
    "are somebody else's; pix2pix_tt/test_nsynth_folder.py builds such an instrument",
    "python -m timbre_tt.experiments ddsp/small.gin 'ddsp/ablations/*.gin' --runs=runs/ablations "
    "-- --data_dir=data/mine --eval_data_dir=data/mine_held_out": "trains seven models; "
    "timbre_tt/test_experiments.py",
    "make results": "takes a quarter of an hour; timbre_tt/test_results.py",
    "make parity": "needs the original's own environment",
    "make pretrained": "trains for an hour; tools.train_instruments, which it calls, is run",
    "python benchmarks/autoencoder_published_size.py": "takes 5 GB of memory",
    "python -m ddsp_tt.run --data_dir=data/mine --save_dir=/shared/mine --gin_file=ddsp/small.gin "
    "--strategy=multiworker": "needs several processes; ddsp_tt/test_devices.py runs them",
}
# Words of commands that are run where a package is installed that the tested set does without.
NEEDS = {
    "--beam_runner=DirectRunner": "apache_beam",  # make test-beam runs these
    "--format=onnx": "onnxruntime",
    "tools.train_note_network": "jax",
    "benchmarks/midi_in.py": "music21",
    "benchmarks/chords.py": "music21",
}
# What stands in the place of words that the reader replaces.
PLACES = {
    "--input=FILE": "--input=song.wav",
    "--input_audio_filepatterns=FILES": "--input_audio_filepatterns=recordings",
    "--model=DIR": "--model=trained",
    "--checkpoint_dir=DIR": "--checkpoint_dir=magenta",
    "--checkpoint_dir=FOLDER": "--checkpoint_dir=magenta",
    "--soundfont=FILE": "--soundfont=FluidR3_GM.sf2",
    "--program=N": "--program=40",
    "--output=DIR": "--output=notes",
    "--model=MODEL": "--model=runs/pix2pix/keyboard_acoustic_2_guitar_acoustic",
    "--origin=ORIGIN": "--origin=keyboard_acoustic",
    "--target=TARGET": "--target=guitar_acoustic",
}


def _settings(system):
    """Single settings that not every model reads, as a file, which may hold such."""
    return f"--gin_file={Path(__file__).parent / 'shortened' / system}.gin"


_SMALL_DDSP = [
    "--gin_param=train.num_steps=1",
    "--gin_param=train.batch_size=1",
    _settings("ddsp"),
]
_SHORT_CROPS = ["--gin_param=train.crop_seconds=0.25"]
# A command that holds the key is run with this added, so that it ends soon.
SHORTENED = {
    "timbre_tt.compare": ["--f0_method=yin"],
    "timbre_tt.benchmark_suite": ["--instruments=clarinet", "--systems=ddsp", "--most=1"],
    "timbre_tt.render_performances": ["--midi_path=midi", "--minutes=0.1"],
    "tools.train_instruments": [
        "--instruments=flute",
        "--midi_path=midi",
        "--minutes=0.1",
        *_SMALL_DDSP,
    ],
    "timbre_tt.evaluate_instruments": ["--instruments=flute", "--eval_crepe_capacity=tiny"],
    "ddsp_tt.prepare_dataset": ["--f0_method=yin", "--processes=1"],
    "ddsp_tt.timbre_transfer": ["--f0_method=yin"],
    "ddsp_tt.detect_pitch": ["--f0_method=yin"],
    "ddsp_tt.interpolate": ["--f0_method=yin"],
    "ddsp_tt.evaluate": ["--f0_method=yin", "--eval_crepe_capacity=tiny", "--eval_frame_rate=50"],
    "ddsp_tt.run --mode=eval": ["--eval_crepe_capacity=tiny", "--eval_frame_rate=50"],
    **dict.fromkeys(("ddsp_tt.run --data_dir", "ddsp_tt.run --gin_file"), _SMALL_DDSP),
    "=ddsp/small": _SHORT_CROPS,
    "--gin_file=ddsp/instrument_vst.gin": ["--gin_param=RnnFcDecoder.rnn_channels=512"],
    "--gin_file=ddsp/models/vst/vst_48k.gin": [
        *("--gin_param=n_samples=24960", "--gin_param=train.crop_seconds=0.5"),
    ],
    "ddsp_tt.train_instrument --samples": ["--minutes=1"],
    "ddsp_tt.train_instrument": ["--f0_method=yin", "--processes=1", *_SMALL_DDSP, *_SHORT_CROPS],
    "ddsp_tt.train_two_stage": [
        *("--f0_method=yin", "--processes=1", *_SMALL_DDSP[1:], *_SHORT_CROPS),
        "--gin_param=train_two_stage.source_steps=1",
        "--gin_param=train_two_stage.target_steps=1",
    ],
    "autoencoder_tt.preprocess": ["--f0_method=yin"],
    "autoencoder_tt.soundgenerator": ["--f0_method=yin"],
    "autoencoder_tt.evaluate": ["--f0_method=yin"],
    "autoencoder_tt.encode": ["--f0_method=yin"],
    "autoencoder_tt.train": [
        *("--f0_method=yin", "--epochs=1"),
        _settings("autoencoder"),
    ],
    "pix2pix_tt.synthesize_audios": ["--midi_path=midi"],
    "--gin_file=pix2pix/pianos.gin": ["--origin_sources=", "--copies=0"],
    "pix2pix_tt.train": SHORT_PIX2PIX,
    "--system=style": ["--steps=2"],
    "style_tt.style_transfer": ["--steps=2", _settings("style")],
    "--instruments=flute,violin,trumpet": ["--minutes=5"],  # so that there are two held-out ones
    "style_tt.evaluate": ["--settings=style/lbfgs.gin", "--gin_param=Optimisation.steps=2"],
    "autoencoder_training_step.py": ["--repeats=1"],
    "autoencoder_transfer.py": ["--repeats=1", "--seconds=1"],
    "autoencoder_preprocessing.py": ["--repeats=1", "--clips=1"],
    "tools.train_note_network": ["--pieces=1", "--steps=2", "--output=network.npz"],
    "chords.py": ["--pieces=1", "--font=FluidR3_GM.sf2"],
    "midi_in.py": ["--tunes=1"],
    "polyphony_detection.py": ["--programs=73"],
    "ddsp_streaming.py": ["--seconds=1"],
    "ddsp_evaluation.py": ["--minutes=1"],
    "ddsp_preparation.py": ["--f0_method=yin", "--minutes", "0.05", "0.1"],
    "whistle_to_trumpet.py": ["--seconds=1"],
    "style_step.py": ["--repeats=1", "--frames=16"],
}
# What a command that holds the key reads without naming it.
_ALSO_READS = {
    "timbre_tt.evaluate_instruments": ["data/ddsp/flute/test", "data/ddsp/violin/test"],
    "ddsp_tt.stream": ["sounddevice.py"],
}
# Exit codes other than 0.
_ENDS_WITH = {"python -m ddsp_tt.stream --model=flute": 130}  # by Ctrl-C
# What a command says that is named without what it must be given.
_NAMED_ONLY = re.compile(r"^error: (--\w+ is required|[A-Z.]+ is missing|name a recording and)")


def made_short(words):
    """A command as it is run: with words in the place of those that the reader replaces, short."""
    text = shlex.join(words)
    placed = [PLACES.get(word, word).replace("=/shared/", "=shared/") for word in words]
    return placed + [word for key, added in SHORTENED.items() if key in text for word in added]


def program_of(words):
    """Module or script, and its arguments; None where nothing here runs such a command."""
    if module := docs_commands.module_of(words):
        return [module, *docs_commands.arguments_of(words)]
    if script := docs_commands.benchmark_of(words):
        return [script, *words[2:]]
    return None


def is_passed_over(words):
    """Whether there is a reason not to run a command."""
    missing = [NEEDS[word] for word in words if word in NEEDS]
    return (
        shlex.join(words) in NOT_RUN
        or docs_commands.is_of_an_original(words)
        or words == ["make"]
        or not all(map(importlib.util.find_spec, missing))
    )


def also_read(words):
    """What a command reads without naming it."""
    text = shlex.join(words)
    return [path for key, paths in _ALSO_READS.items() if key in text for path in paths]


def follow(page, folder, world, chosen=lambda words: True):
    """Runs the chosen commands of a page, each once; fails where one cannot be followed."""
    found = {shlex.join(words): (b, words) for b, words in docs_commands.commands(page)}
    made = {path for _, words in found.values() for path in docs_commands.outputs_of(words)}
    made.discard(".")
    for text, (in_block, words) in found.items():
        if is_passed_over(words) or not chosen(words):
            continue
        short = made_short(words)
        for path in [*docs_commands.paths_in(short), *also_read(words)]:
            if not made & {path, *map(str, Path(path).parents)}:
                world.put(folder, path)
        for path in map(folder.joinpath, docs_commands.outputs_of(short)):
            if path.is_file():  # of another way to do the same
                path.unlink()
        result = run(program_of(short), folder, code=None)
        if not in_block and _NAMED_ONLY.match(result.stderr):
            continue
        assert result.returncode == _ENDS_WITH.get(text, 0), f"{text}\n{result.stderr}"
        for path in docs_commands.outputs_of(short):
            assert has_content(folder / path), f"{text}: did not write {path}"


def has_content(path):
    """Whether it is a file with something in it, or a folder that holds one."""
    files = path.rglob("*") if path.is_dir() else [path]
    return any(file.is_file() and file.stat().st_size for file in files)
