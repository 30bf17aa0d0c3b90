"""Command lines of the original repositories, as their pages give them, are taken as they stand."""

import json
import shlex

import commands
import pytest

PARSE = """
import json, runpy, sys
from absl import flags
from audio_tt.command import app

run, module = app.run, sys.argv.pop(1)

def show(*words):
    print(json.dumps([words, {name: flags.FLAGS[name].value for name in flags.FLAGS}], default=str))

app.run = lambda main, argv=None, **options: run(show, argv, **options)
runpy.run_module(module, run_name="__main__")
"""
TRAINING = "--dataset_path features --origin piano --gpu 0 --epochs 100 --epoch_offset 3 "
TRAINING += "--batch_size 1 --validation_split 0.9 "
RATES = "--gen_lr 0.000005 --disc_lr 0.0000005 "
MAGENTA = "--save_dir=/tmp/ddsp --alsologtostderr "


@pytest.mark.parametrize(
    ("module", "line"),
    [
        (
            "pix2pix_tt.synthesize_audios",
            "--nsynth_path nsynth --midi_path midi --audios_path audios --playback_speed 2 "
            "--duration_rate 4 --transpose 12",
        ),
        ("pix2pix_tt.compute_features", "--audios_path audios --features_path features"),
        ("pix2pix_tt.train", f"{TRAINING}{RATES}--target guitar --findlr True"),
        ("pix2pix_tt.train_multitarget", f"{TRAINING}{RATES}--target \"['a','b']\" --findlr False"),
        ("pix2pix_tt.train_generator", f"{TRAINING}--target guitar --lr 0.000005 --findlr False"),
        ("pix2pix_tt.predict", "--model generator.h5 --input in.wav --output out.wav"),
        (
            "pix2pix_tt.predict_multitarget",
            "--model generator.h5 --input in.wav --style guitar.wav --output out.wav",
        ),
        ("pix2pix_tt.plot_history", "history.csv"),
        ("style_tt.style_transfer", "content.wav style.wav"),
        ("style_tt.graphs", "content.wav style.wav out.wav"),
        (
            "ddsp_tt.run",
            f"{MAGENTA}--mode=train --restore_dir=/tmp/other --gin_file=models/ae.gin "
            "--gin_file=datasets/nsynth.gin --gin_param=batch_size=16 --allow_memory_growth "
            "--hypertune --early_stop_loss_value=4.5",
        ),
        ("ddsp_tt.run", f"{MAGENTA}--mode=eval --run_once --gin_file=datasets/nsynth.gin"),
        ("ddsp_tt.run", f"{MAGENTA}--mode=sample --gin_file=papers/iclr2020/nsynth_ae.gin"),
        (
            "ddsp_tt.prepare_dataset",
            "--input_audio_filepatterns='audio/*wav' --output_tfrecord_path=data/train.tfrecord "
            "--num_shards=10 --alsologtostderr --sample_rate=16000 --frame_rate=250 "
            "--example_secs=4 --hop_secs=1 --viterbi --center --eval_split_fraction=0.1",
        ),
    ],
)
def test_a_command_line(module, line):
    words = shlex.split(line)
    done = commands.run("-c", PARSE, module, *words)
    assert done.returncode == 0, done.stderr
    arguments, values = json.loads(done.stdout)
    given, rest = flags_in(words)
    assert arguments == rest
    for name, text in given.items():
        value = values[name]
        if isinstance(value, list):
            assert text in value
        elif isinstance(value, bool):
            assert str(value) == text
        elif isinstance(value, float | int):
            assert value == float(text)
        else:
            assert value == text


def flags_in(words):
    """({flag: text of its value}, positional words)."""
    given, rest, waiting = {}, [], None
    for word in words:
        if word.startswith("--"):
            name, _, text = word[2:].partition("=")
            given[name], waiting = text or "True", None if text else name
        elif waiting:
            given[waiting], waiting = word, None
        else:
            rest.append(word)
    return given, rest


def test_a_flag_that_nobody_has_is_refused():
    done = commands.run("-c", PARSE, "style_tt.graphs", "--contents", "a.wav")
    assert done.returncode == 2 and "there is no flag --contents" in done.stderr
