"""Writes the decoder as an ONNX graph, node by node from its weights, and runs it.

Opset 17 has all that it takes: dense layers, LayerNormalization, and a GRU of Keras's kind
(`linear_before_reset`).
"""

import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from audio_tt.errors import UserError
from ddsp_tt.features import loudness_scales
from ddsp_tt.synthesis.core import DB_RANGE, F0_RANGE

_OPSET = 17
_IR_VERSION = 9


def save(decoder: Any, path: str | Path, frames: int | None, properties: Mapping[str, str]) -> None:
    """Writes a graph whose inputs and outputs are those of a `StatelessDecoder`.

    Args:
      decoder: the `StatelessDecoder`.
      path: where to.
      frames: in a call; None for any number.
      properties: {name: text} to keep in the file.
    """
    onnx = _import("onnx")
    graph = _Graph(onnx.helper, onnx.numpy_helper)
    outputs = _controls(graph, decoder)

    def tensor(name, *shape):
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    length = frames or "frames"
    state_size = decoder.state_size
    inputs = [tensor(name, 1, length, size) for name, (size, _) in decoder.inputs.items()]
    results = [tensor(name, 1, length, size) for name, size in decoder.outputs.items()]
    for name, value in outputs.items():
        graph.node("Identity", [value], output=name)
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "ddsp_decoder",
            [*inputs, tensor("state", 1, state_size)],
            [*results, tensor("new_state", 1, state_size)],
            graph.weights,
        ),
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="timbre-tt",
    )
    onnx.helper.set_model_props(model, properties)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))


def run(path: str | Path) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """What the file computes, by onnxruntime: a function of {name: array} to {name: array}."""
    session = _import("onnxruntime").InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    return lambda inputs: dict(zip(names, session.run(names, inputs), strict=True))


class _Graph:
    """Nodes and weights as they are added."""

    def __init__(self, helper, numpy_helper):
        self.nodes, self.weights = [], []
        self._helper, self._numpy_helper = helper, numpy_helper
        self._names = (f"t{i}" for i in itertools.count())

    def node(self, kind, inputs, output=None, **attributes):
        """Adds a node of one output; inputs are names, None for none, or constants."""
        output = output or next(self._names)
        self.nodes.append(
            self._helper.make_node(kind, self._resolved(inputs), [output], **attributes)
        )
        return output

    def nodes_of(self, kind, inputs, count, **attributes):
        """Adds a node of several outputs and returns their names."""
        outputs = [next(self._names) for _ in range(count)]
        self.nodes.append(
            self._helper.make_node(kind, self._resolved(inputs), outputs, **attributes)
        )
        return outputs

    def _resolved(self, inputs):
        return [x if isinstance(x, str) else self._constant(x) for x in inputs]

    def _constant(self, value):
        if value is None:
            return ""
        array = np.asarray(value)
        array = array if array.dtype == np.int64 else array.astype(np.float32)
        name = next(self._names)
        self.weights.append(self._numpy_helper.from_array(array, name))
        return name


def _controls(graph, decoder):
    """The whole graph: names of the controls and of the new state."""
    layers, keys = decoder.decoder, decoder.decoder.input_keys
    scaled = [_scaled(graph, decoder, key) for key in keys]
    parts = [_stack(graph, *pair) for pair in zip(layers.input_stacks, scaled, strict=True)]
    x = graph.node("Concat", parts, axis=-1) if len(parts) > 1 else parts[0]
    states, state = _gru(graph, layers.rnn, x)
    joined = graph.node("Concat", [*parts, states], axis=-1)
    x = _dense(graph, layers.dense_out, _stack(graph, layers.out_stack, joined))
    names, sizes = zip(*layers.output_splits, strict=True)
    raw = dict(
        zip(names, graph.nodes_of("Split", [x, np.array(sizes)], len(sizes), axis=-1), strict=True)
    )
    amplitudes, distribution, _ = decoder.harmonic_keys
    noise = graph.node("Add", [raw[decoder.noise_keys[0]], decoder.noise.initial_bias])
    return {
        "amplitudes": _exp_sigmoid(graph, raw[amplitudes]),
        "harmonic_distribution": _normalised(graph, decoder, raw[distribution]),
        "noise_magnitudes": _exp_sigmoid(graph, noise),
        "new_state": state,
    }


def _scaled(graph, decoder, key):
    """An input of the decoder from the input of the graph, as `core.scaling` has it."""
    name = decoder.source_of(key)
    if key == "z":
        return name
    if key == "f0_scaled":
        voiced = graph.node("Greater", [name, 0.0])
        log = graph.node("Log", [graph.node("Where", [voiced, name, 1.0])])
        midi = graph.node("Mul", [log, 12.0 / math.log(2.0) / F0_RANGE])
        midi = graph.node("Add", [midi, (69.0 - 12.0 * math.log2(440.0)) / F0_RANGE])
        return graph.node("Where", [voiced, midi, 0.0])
    range_db = DB_RANGE
    if key == "ld_scaled":
        range_db = loudness_scales.get(decoder.model.preprocessor.loudness_convention).range_db
    return graph.node("Add", [graph.node("Div", [name, range_db]), 1.0])


def _dense(graph, layer, x):
    kernel, bias = (ops.convert_to_numpy(w) for w in (layer.kernel, layer.bias))
    return graph.node("Add", [graph.node("MatMul", [x, kernel]), bias])


def _stack(graph, stack, x):
    """Dense, norm and leaky ReLU in turn."""
    layers = getattr(stack, "layers", ())
    for dense, norm, relu in zip(layers[::3], layers[1::3], layers[2::3], strict=True):
        gamma, beta = (ops.convert_to_numpy(w) for w in (norm.gamma, norm.beta))
        x = graph.node(
            "LayerNormalization", [_dense(graph, dense, x), gamma, beta], epsilon=norm.epsilon
        )
        x = graph.node("LeakyRelu", [x], alpha=float(relu.negative_slope))
    return x


def _gru(graph, rnn, x):
    """States of all frames `[1, frames, units]` and the last; both gate orders are z, r, h."""
    kernel, recurrent, bias = (
        ops.convert_to_numpy(w) for w in (rnn.kernel, rnn.recurrent_kernel, rnn.bias)
    )
    sequence = graph.node("Transpose", [x], perm=[1, 0, 2])
    initial = graph.node("Unsqueeze", ["state", np.array([0])])
    weights = [kernel.T[None], recurrent.T[None], bias.reshape(1, -1)]
    states, last = graph.nodes_of(
        "GRU",
        [sequence, *weights, None, initial],
        2,
        hidden_size=rnn.units,
        linear_before_reset=1,
    )
    states = graph.node("Squeeze", [states, np.array([1])])
    return (
        graph.node("Transpose", [states], perm=[1, 0, 2]),
        graph.node("Squeeze", [last, np.array([0])]),
    )


def _exp_sigmoid(graph, x):
    """`core.exp_sigmoid` with its default arguments."""
    power = graph.node("Pow", [graph.node("Sigmoid", [x]), math.log(10.0)])
    return graph.node("Add", [graph.node("Mul", [power, 2.0]), 1e-7])


def _normalised(graph, decoder, x):
    """`core.normalize_harmonics`: without what lies above Nyquist, to a sum of 1."""
    x = _exp_sigmoid(graph, x)
    harmonic = decoder.harmonic
    if harmonic.normalize_below_nyquist:
        multiples = np.arange(1, decoder.outputs["harmonic_distribution"] + 1)
        frequencies = graph.node("Mul", ["f0_hz", multiples.astype("float32")])
        audible = graph.node("Less", [frequencies, harmonic.sample_rate / 2.0])
        x = graph.node("Where", [audible, x, 0.0])
    total = graph.node("ReduceSum", [x, np.array([-1])], keepdims=1)
    empty = graph.node("Equal", [total, 0.0])
    return graph.node("Div", [x, graph.node("Where", [empty, 1e-7, total])])


def _import(name):
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"--format=onnx needs {name}: pip install onnx onnxruntime") from error
