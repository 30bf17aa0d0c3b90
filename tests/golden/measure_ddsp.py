"""Measures the figures of DDSP again, from the inputs that are stored beside them.

.venv-reference/bin/python tests/golden/measure_ddsp.py            (compares, writes nothing)
.venv-reference/bin/python tests/golden/measure_ddsp.py --write    (puts the new ones in place)

`make parity` makes that environment, with the original ddsp 3.7.0.
"""

import sys
from pathlib import Path
from unittest import mock

import numpy as np

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1] / "benchmarks"))

from original import ddsp, tf  # noqa: E402

core, spectral = ddsp.core, ddsp.spectral_ops


def resampling(x):
    for key in x:
        if key.startswith("resample/") and key.count("/") == 3:
            _, method, endpoint, n = key.split("/")
            yield key, core.resample(x["resample/x"], int(n[1:]), method, endpoint == "ep1")
    yield "resample/1d_25to64", core.resample(x["resample/1d_x"], 64)
    yield "resample/1d_25to1000", core.resample(x["resample/1d_x"], 1000)
    yield "resample/1001to1000", core.resample(x["resample/x1001"], 1000)


def scales(x):
    raw, amplitude = x["exp_sigmoid/x"], x["db/amp"]
    yield "exp_sigmoid/y", core.exp_sigmoid(raw)
    yield "exp_sigmoid/y_e5_m1_t1e-3", core.exp_sigmoid(raw, 5.0, 1.0, 1e-3)
    yield "sym_exp_sigmoid/y", core.sym_exp_sigmoid(raw)
    yield "db/amplitude_to_db", core.amplitude_to_db(amplitude, use_tf=True)
    yield "db/power_to_db", core.power_to_db(amplitude, use_tf=True)
    yield "db/power_to_db_ref20", core.power_to_db(amplitude, ref_db=20.7, use_tf=True)
    yield "db/log10", core.log10(amplitude)
    yield "db/safe_log", core.safe_log(amplitude)
    yield "db/safe_divide", core.safe_divide(1.0, amplitude)
    yield "hz_to_midi/midi", core.hz_to_midi(x["hz_to_midi/hz"])
    yield "midi_to_hz/hz", core.midi_to_hz(x["midi_to_hz/midi"])
    yield "midi_to_hz/hz_zero_silence", core.midi_to_hz(x["midi_to_hz/midi"], True)


def oscillators(x):
    frequency, amplitude = x["osc/freq"], x["osc/amp"]
    yield "angular_cumsum/phase", core.angular_cumsum(x["angular_cumsum/omega"])
    yield "osc/audio", core.oscillator_bank(frequency, amplitude)
    yield "osc/audio_sr48k", core.oscillator_bank(frequency, amplitude, 48000)
    yield "osc/audio_each", core.oscillator_bank(frequency, amplitude, sum_sinusoids=False)


def harmonics(x):
    f0_hz = x["harm/f0"]
    amplitude, distribution = np.abs(x["harm/amp_in"]), np.abs(x["harm/hd_in"])
    controls = ddsp.synths.Harmonic(6400).get_controls(x["harm/amp_in"], x["harm/hd_in"], f0_hz)
    yield "harm/ctl_amplitudes", controls["amplitudes"]
    yield "harm/ctl_harmonic_distribution", controls["harmonic_distribution"]
    yield "harm/normalize_harmonics", core.normalize_harmonics(distribution, f0_hz, 16000)
    for end, options in (
        ("", {}),
        ("_angular", {"use_angular_cumsum": True}),
        ("_linear", {"amp_resample_method": "linear"}),
    ):
        yield (
            f"harm/audio{end}",
            core.harmonic_synthesis(
                f0_hz,
                controls["amplitudes"],
                harmonic_distribution=controls["harmonic_distribution"],
                n_samples=6400,
                **options,
            ),
        )
    yield (
        "harm/synthesis_raw",
        core.harmonic_synthesis(
            f0_hz, amplitude, harmonic_distribution=distribution, n_samples=6400
        ),
    )
    yield (
        "harm/synthesis_shifts",
        core.harmonic_synthesis(f0_hz, amplitude, x["harm/shifts"], distribution[..., :8], 6400),
    )
    audio, phase = core.streaming_harmonic_synthesis(f0_hz, amplitude, distribution, None, 6400)
    yield "harm/streaming_audio", audio
    yield "harm/streaming_final_phase", phase


def filters(x):
    audio, noise, used = x["fftconv/audio"], x["noise/noise"], x["noise/mag_used"]
    for delay in (-1, 0):
        for padding in ("same", "valid"):
            yield (
                f"fftconv/{padding}_d{delay}",
                core.fft_convolve(audio, x["fftconv/ir"], padding, delay),
            )
        yield (
            f"fftconv/tv_same_d{delay}",
            core.fft_convolve(audio, x["fftconv/ir3"], "same", delay),
        )
    for size in (0, 33, 64, 257):
        yield f"noise/ir_ws{size}", core.frequency_impulse_response(used[:1, :4], size)
        yield f"noise/filtered_ws{size}", core.frequency_filter(noise, used, size)
    yield "noise/filtered_valid_ws0", core.frequency_filter(noise, used, 0, "valid")
    yield "noise/filtered_99frames", core.frequency_filter(noise, used[:, :99], 0)
    yield "noise/filtered_static", core.frequency_filter(noise, used[:, 0], 0)
    controls = ddsp.synths.FilteredNoise(6400, 0).get_controls(x["noise/mag_in"])
    yield "noise/ctl_magnitudes", controls["magnitudes"]
    yield "noise/filtered_ctl_ws0", core.frequency_filter(noise, controls["magnitudes"], 0)


def reverb(x):
    audio, ir = x["reverb/audio"], x["reverb/ir"]
    yield "reverb/wet_dry", ddsp.effects.Reverb(add_dry=True)(audio, ir)
    yield "reverb/wet", ddsp.effects.Reverb(add_dry=False)(audio, ir)
    yield "reverb/long", ddsp.effects.Reverb()(audio[:1], x["reverb/ir_long"])


def spectra(x):
    audio = x["spec/audio"]
    for size in (2048, 512, 64):
        yield f"spec/mag_{size}", spectral.compute_mag(audio, size)
    for size in (512, 64):
        yield f"spec/logmag_{size}", spectral.compute_logmag(audio, size)
    yield "spec/mel", spectral.compute_mel(audio)
    yield "spec/logmel", spectral.compute_logmel(audio)
    yield "spec/mfcc", spectral.compute_mfcc(audio)
    yield "spec/mfcc30_ov50", spectral.compute_mfcc(audio, mfcc_bins=30, overlap=0.5)


def losses(x):
    def loss(target, value, **weights):
        return ddsp.losses.SpectralLoss(**weights)(target[None], value[None])

    target, value = x["loss/target"], x["loss/value"]
    yield "loss/total_mag1_logmag1", loss(target, value, logmag_weight=1.0)
    for key in ("delta_time", "delta_freq", "cumsum_freq", "loudness"):
        weights = {"mag_weight": 0.0, f"{key}_weight": 1.0}
        yield f"loss/{key}_weight", loss(target, value, **weights)
    yield "loss/L2", loss(target, value, loss_type="L2", logmag_weight=1.0)
    yield "loss/vs_silence", loss(target, np.zeros_like(target), logmag_weight=1.0)
    target, value = x["loss2/target"], tf.constant(x["loss2/value"])
    with tf.GradientTape() as tape:
        tape.watch(value)
        total = loss(target, value, logmag_weight=1.0)
    yield "loss2/total_mag1_logmag1", total
    yield "loss2/grad_value", tape.gradient(total, value)


def loudness(x):
    audio = x["audio"]
    yield "loudness_center", spectral.compute_loudness(audio)
    yield "loudness_same", spectral.compute_loudness(audio, padding="same")
    yield "loudness_valid", spectral.compute_loudness(audio, padding="valid")
    yield "loudness_nfft2048", spectral.compute_loudness(audio, n_fft=2048)
    yield "loudness_50hz", spectral.compute_loudness(audio, frame_rate=50)
    yield "rms_energy", spectral.compute_rms_energy(audio)
    yield "rms_same", spectral.compute_rms_energy(audio, padding="same")
    yield "power", spectral.compute_power(audio)
    yield "power_1024_50", spectral.compute_power(audio, frame_rate=50, frame_size=1024)
    yield "db_amplitude_to_db", core.amplitude_to_db(x["db_amp"], use_tf=True)
    yield "db_power_to_db", core.power_to_db(x["db_amp"], use_tf=True)


def notes(x):
    from ddsp.training import postprocessing as post

    for name in ("google.colab", "google.colab.files", "google.colab.output"):
        sys.modules.setdefault(name, mock.Mock())  # what notebooks alone have
    from ddsp.colab import colab_utils

    for threshold in ("0.5", "1.0"):
        mask, ratio = post.detect_notes(x["loudness"], x["conf"], float(threshold))
        yield f"mask_on_{threshold}", mask
        yield f"ratio_{threshold}", ratio
    transform = post.QuantileTransformer()
    transform.fit(x["q_ref"][:, None])
    yield "q_quantiles", transform.quantiles_
    yield "q_references", transform.references_
    on = x["mask_on_1.0"]
    loudness = x["loudness"]
    yield "loudness_norm", post.fit_quantile_transform(loudness, on, transform)[1]
    midi = x["f0_midi"]
    yield "tuning_factor", colab_utils.get_tuning_factor(midi, x["conf"], on)
    for chromatic in (0, 1):
        for amount in ("0.5", "1.0"):
            tuned = colab_utils.auto_tune(
                midi, x["tuning_factor"], on, amount=float(amount), chromatic=bool(chromatic)
            )
            yield f"autotune_chrom{chromatic}_{amount}", tuned


FILES = {
    "ddsp_core": (resampling, scales, oscillators, harmonics, filters),
    "ddsp_reverb": (reverb,),
    "ddsp_loss": (spectra, losses),
    "ddsp_post": (notes,),
    "audio_loudness": (loudness,),
}


def main():
    """Prints the largest difference of every figure from the stored one."""
    for name, groups in FILES.items():
        path = FOLDER / f"{name}.npz"
        stored = dict(np.load(path))
        measured = {}
        for group in groups:
            for key, value in group(stored):
                value = np.asarray(value).astype(stored[key].dtype)
                measured[key] = value.reshape(stored[key].shape)
        for key, value in measured.items():
            difference = np.abs(value.astype("float64") - stored[key].astype("float64")).max()
            print(f"{name:15s} {key:32s} {difference:8.1e} of {np.abs(stored[key]).max():.3g}")
        left = sorted(set(stored) - set(measured))
        print(f"{name:15s} inputs, or not measured here: {', '.join(left)}")
        if "--write" in sys.argv[1:]:
            np.savez_compressed(path, **{**stored, **measured})


if __name__ == "__main__":
    main()
