"""Computes with the original ddsp 3.7.0 what `ours.py` computes with this project.

python reference.py inputs.npz outputs.npz
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import numpy as np
from original import build_model, ddsp, tf


def main(inputs_path, outputs_path):
    x = dict(np.load(inputs_path))
    out = {}
    core, spectral = ddsp.core, ddsp.spectral_ops

    out["core/exp_sigmoid"] = core.exp_sigmoid(x["raw"])
    out["core/hz_to_midi"] = core.hz_to_midi(x["f0_hz"])
    out["core/resample linear"] = core.resample(x["raw"], 300)
    out["core/resample window"] = core.resample(x["raw"], 6400, method="window")
    out["core/fft_convolve"] = core.fft_convolve(x["audio"], x["room"][None], delay_compensation=0)

    inject_noise(x["noise"])
    for name, angular in (("float32 phase", False), ("angular phase", True)):
        synth = ddsp.synths.Harmonic(6400, use_angular_cumsum=angular)
        controls = synth.get_controls(x["amps"], x["distribution"], x["f0_hz"])
        out[f"harmonic/audio, {name}"] = synth.get_signal(**controls)
    out["harmonic/amplitudes"] = controls["amplitudes"]
    out["harmonic/distribution"] = controls["harmonic_distribution"]
    for window_size in (0, 33):
        noise = ddsp.synths.FilteredNoise(6400, window_size=window_size)
        controls = noise.get_controls(x["magnitudes"])
        out[f"noise/audio, window {window_size}"] = noise.get_signal(**controls)
    out["noise/magnitudes"] = controls["magnitudes"]
    reverb = ddsp.effects.Reverb(reverb_length=len(x["room"]))
    out["reverb/audio"] = reverb(x["audio"], x["room"][None])

    out["spectral/mag 2048"] = spectral.compute_mag(x["audio"], 2048)
    out["spectral/mag 64"] = spectral.compute_mag(x["audio"], 64)
    out["spectral/logmag 512"] = spectral.compute_logmag(x["audio"], 512)
    out["spectral/mel"] = spectral.compute_mel(x["audio"])
    out["spectral/logmel"] = spectral.compute_logmel(x["audio"])
    out["spectral/mfcc"] = spectral.compute_mfcc(x["audio"])
    out["spectral/loudness"] = spectral.compute_loudness(x["audio"])
    out["spectral/power"] = spectral.compute_power(x["audio"])
    preprocessor = ddsp.training.preprocessing.F0LoudnessPreprocessor(time_steps=100)
    features = {"f0_hz": x["f0_hz"], "loudness_db": x["f0_hz"], "audio": x["audio"]}
    scaled = preprocessor(features)
    out["preprocessor/f0_scaled"] = scaled["f0_scaled"]
    out["preprocessor/ld_scaled"] = scaled["ld_scaled"]

    loss = ddsp.losses.SpectralLoss(logmag_weight=1.0)
    audio = tf.constant(x["other_audio"])
    with tf.GradientTape() as tape:
        tape.watch(audio)
        value = loss(tf.constant(x["audio"]), audio)
    out["loss/value"], out["loss/gradient"] = value, tape.gradient(value, audio)

    model = build_model(x["step/f0_hz"].shape[1])
    inject_noise(x["step/noise"])
    batch = {key[5:]: tf.constant(x[key]) for key in ("step/audio", "step/f0_hz")}
    batch["loudness_db"] = tf.zeros_like(batch["f0_hz"])
    model(dict(batch), training=False)
    weights = [x[f"weight/{i:02d}"] for i in range(len(model.trainable_variables))]
    for variable, value in zip(model.trainable_variables, weights, strict=True):
        variable.assign(value)

    scaled = {key: tf.constant(x[f"step/{key}"]) for key in ("ld_scaled", "f0_scaled")}
    decoder = model.decoder.trainable_variables
    with tf.GradientTape() as tape:
        raw = model.decoder(scaled)
        keys = ("amps", "harmonic_distribution", "noise_magnitudes")
        total = sum(tf.reduce_sum(raw[key] * x[f"step/d_{key}"]) for key in keys)
    for key in keys:
        out[f"decoder/{key}"] = raw[key]
    for i, gradient in enumerate(tape.gradient(total, decoder)):
        out[f"decoder gradient/{i:02d}"] = gradient

    variables = model.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        outputs, losses = model(dict(batch), return_losses=True, training=True)
        audio = outputs["audio_synth"]
        total = tf.reduce_sum(audio * x["step/d_audio"])
    out["step/audio"] = audio
    out["step/loss"] = losses["total_loss"]
    for i, gradient in enumerate(tape.gradient(total, variables)):
        out[f"synth gradient/{i:02d}"] = gradient
    for i, gradient in enumerate(tape.gradient(losses["total_loss"], variables)):
        out[f"step gradient/{i:02d}"] = gradient
    # The same by its other, less exact running phase: how far the step itself is determined.
    model.processor_group.harmonic.use_angular_cumsum = False
    with tf.GradientTape() as tape:
        _, losses = model(dict(batch), return_losses=True, training=True)
    for i, gradient in enumerate(tape.gradient(losses["total_loss"], variables)):
        out[f"own step gradient/{i:02d}"] = gradient
    np.savez(outputs_path, **{key: np.asarray(value) for key, value in out.items()})


def inject_noise(noise):
    """Puts given samples in place of fresh noise."""
    # The library imports TensorFlow by another name, whose modules are others.
    ddsp.synths.tf.random.uniform = lambda *_, **__: tf.constant(noise)


if __name__ == "__main__":
    main(*sys.argv[1:])
