"""Writes a model's decoder for other programs: plug-ins, phones, other languages.

python -m ddsp_tt.export --model=flute --output=flute.tflite
python -m ddsp_tt.export --model=flute --output=flute.onnx        (pip install onnx onnxruntime)
python -m ddsp_tt.export --model=runs/mine --format=ddsp_vst --output=Mine.tflite

The file maps f0, loudness and the recurrent state of a frame to the controls of the synthesisers
and the new state; docs/ddsp_export.md says how to use it. It is run beside the model before it is
put in place, and the largest difference is printed. ddsp_vst is the file of Magenta's plug-in
(docs/daw.md), for models of its shape.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags

_MODEL = path_flags.DEFINE_path(
    "model", None, "Folder of a trained model, or an instrument.", required=True
)
_FORMAT = flags.DEFINE_enum(
    "format",
    None,
    ["tflite", "onnx", "saved_model", "ddsp_vst"],
    "What kind of file; by default what the output's name ends in, without such an ending a folder "
    "(saved_model).",
)
_OUTPUT = path_flags.DEFINE_path(
    "output", None, "The file; for saved_model the folder.", required=True
)
_ENDINGS = {".onnx": "onnx", ".tflite": "tflite"}
_FRAMES = flags.DEFINE_integer("frames", 1, "In a call; 0 for any number.", lower_bound=0)


def main() -> None:
    """Exports one model."""
    from ddsp_tt.exporting import files
    from ddsp_tt.trained import loading

    trained = loading.load(_MODEL.value, **gin_flags.given())
    if _FORMAT.value == "ddsp_vst":
        _say(files.export_plugin(trained, _OUTPUT.value))
        return
    kind = _FORMAT.value or _ENDINGS.get(Path(_OUTPUT.value).suffix.lower(), "saved_model")
    _say(files.export(trained, _OUTPUT.value, kind, _FRAMES.value or None))


def _say(differences):
    print("largest differences from the model itself:")
    for name, difference in differences.items():
        print(f"  {name:22s} {difference:.1e}")
    ending.say_written(_OUTPUT.value)


if __name__ == "__main__":
    app.run(main)
