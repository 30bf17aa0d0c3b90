"""Computes with this project what `reference.py` computes with the original ddsp 3.7.0.

python ours.py inputs.npz outputs.npz
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from audio_tt import settings
from audio_tt.dsp import loudness
from ddsp_tt.configurables import effects, losses, models, synths
from ddsp_tt.features import spectral_ops as spectral
from ddsp_tt.synthesis import core
from ddsp_tt.trained import loading


def main(inputs_path, outputs_path):
    x = dict(np.load(inputs_path))
    out = {}

    out["core/exp_sigmoid"] = core.exp_sigmoid(x["raw"])
    out["core/hz_to_midi"] = core.hz_to_midi(x["f0_hz"])
    out["core/resample linear"] = core.resample(x["raw"], 300)
    out["core/resample window"] = core.resample(x["raw"], 6400, method="window")
    out["core/fft_convolve"] = core.fft_convolve(x["audio"], x["room"][None], delay_compensation=0)

    inject_noise(x["noise"])
    synth = synths.Harmonic(6400)
    controls = synth.get_controls(x["amps"], x["distribution"], x["f0_hz"])
    for name in ("float32 phase", "angular phase"):
        out[f"harmonic/audio, {name}"] = synth.get_signal(**controls)
    out["harmonic/amplitudes"] = controls["amplitudes"]
    out["harmonic/distribution"] = controls["harmonic_distribution"]
    for window_size in (0, 33):
        noise = synths.FilteredNoise(6400, window_size=window_size, delay_compensation=-1)
        controls = noise.get_controls(x["magnitudes"])
        out[f"noise/audio, window {window_size}"] = noise.get_signal(**controls)
    out["noise/magnitudes"] = controls["magnitudes"]
    reverb = effects.Reverb(reverb_length=len(x["room"]))
    out["reverb/audio"] = reverb(x["audio"], x["room"][None])

    out["spectral/mag 2048"] = spectral.compute_mag(x["audio"], 2048)
    out["spectral/mag 64"] = spectral.compute_mag(x["audio"], 64)
    out["spectral/logmag 512"] = spectral.compute_logmag(x["audio"], 512)
    out["spectral/mel"] = spectral.compute_mel(x["audio"])
    out["spectral/logmel"] = spectral.compute_logmel(x["audio"])
    out["spectral/mfcc"] = spectral.compute_mfcc(x["audio"])
    out["spectral/loudness"] = loudness.compute_loudness(x["audio"])
    out["spectral/power"] = loudness.compute_power(x["audio"])
    preprocessor = models.F0LoudnessPreprocessor(time_steps=100)
    scaled = preprocessor({"f0_hz": x["f0_hz"], "audio": x["audio"]})
    out["preprocessor/f0_scaled"] = scaled["f0_scaled"]
    out["preprocessor/ld_scaled"] = scaled["ld_scaled"]

    loss = losses.SpectralLoss(logmag_weight=1.0)
    audio = tf.constant(x["other_audio"])
    with tf.GradientTape() as tape:
        tape.watch(audio)
        value = loss(x["audio"], audio)
    out["loss/value"], out["loss/gradient"] = value, tape.gradient(value, audio)

    n_frames = x["step/f0_hz"].shape[1]
    settings.parse_gin(("ddsp/published.gin",))
    model = models.get_model()
    resize(model, n_frames)
    inject_noise(x["step/noise"][:1])
    loading.build(model)
    inject_noise(x["step/noise"])
    weights = [x[f"weight/{i:02d}"] for i in range(len(model.trainable_variables))]
    for variable, value in zip(model.trainable_variables, weights, strict=True):
        variable.assign(value)

    scaled = {key: tf.constant(x[f"step/{key}"]) for key in ("ld_scaled", "f0_scaled")}
    decoder = [variable.value for variable in model.decoder.trainable_variables]
    with tf.GradientTape() as tape:
        raw = model.decoder(scaled)
        keys = ("amps", "harmonic_distribution", "noise_magnitudes")
        total = sum(ops.sum(raw[key] * x[f"step/d_{key}"]) for key in keys)
    for key in keys:
        out[f"decoder/{key}"] = raw[key]
    for i, gradient in enumerate(tape.gradient(total, decoder)):
        out[f"decoder gradient/{i:02d}"] = gradient

    batch = {key[5:]: tf.constant(x[key]) for key in ("step/audio", "step/f0_hz")}
    sources = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        outputs = model(batch, training=True)
        audio = outputs["audio_synth"]
        total = ops.sum(audio * x["step/d_audio"])
        loss = model.compute_loss(batch, y_pred=outputs)
    out["step/audio"] = audio
    out["step/loss"] = loss
    for i, gradient in enumerate(tape.gradient(total, sources)):
        out[f"synth gradient/{i:02d}"] = gradient
    for i, gradient in enumerate(tape.gradient(loss, sources)):
        out[f"step gradient/{i:02d}"] = gradient
    np.savez(outputs_path, **{key: np.asarray(value) for key, value in out.items()})


def resize(model, n_frames):
    """Sets the model of the published settings to another length."""
    model.preprocessor.time_steps = n_frames
    for synth in model.processor_group.processors[:2]:
        synth.n_samples = n_frames * 64


def inject_noise(noise):
    """Puts given samples in place of fresh noise."""
    keras.random.uniform = lambda *_, **__: tf.constant(noise)


if __name__ == "__main__":
    main(*sys.argv[1:])
