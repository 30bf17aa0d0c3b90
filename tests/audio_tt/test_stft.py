import keras
import numpy as np
import pytest
from keras import ops

from audio_tt.dsp import stft as st
from audio_tt.dsp.locked_librosa import librosa

AUDIO = np.random.default_rng(0).normal(size=(2, 3000)).astype(np.float32) * 0.1


def value_and_gradient(function, audio):
    """`function` at `audio`, and the gradient of its sum, compiled, on whichever backend runs."""
    if keras.backend.backend() == "jax":
        import jax

        grad = jax.jit(jax.grad(lambda x: ops.sum(function(x))))
        return np.asarray(function(audio)), np.asarray(grad(audio))
    tf = pytest.importorskip("tensorflow")

    @tf.function
    def both(audio):
        with tf.GradientTape() as tape:
            tape.watch(audio)
            value = function(audio)
            total = ops.sum(value)
        return value, tape.gradient(total, audio)

    value, gradient = both(tf.constant(audio))
    return value.numpy(), gradient.numpy()


def as_complex(spectrum):
    real, imag = map(ops.convert_to_numpy, spectrum)
    return real + 1j * imag


def close(actual, expected, relative=1e-5):
    assert actual.shape == expected.shape
    assert np.abs(actual - expected).max() <= relative * np.abs(expected).max()


@pytest.mark.parametrize(
    "n_fft,hop,options",
    [
        (512, 128, {}),
        (512, 128, {"pad_mode": "reflect"}),
        (512, 128, {"center": False}),
        (400, 160, {}),
        (512, 100, {"win_length": 400}),
        (255, 64, {}),
        (128, 200, {"center": False}),
        (1024, 16, {}),
    ],
)
def test_equals_librosa(n_fft, hop, options):
    expected = librosa.stft(AUDIO, n_fft=n_fft, hop_length=hop, **options)
    spectrum = as_complex(st.stft(AUDIO, n_fft, hop, **options))
    close(spectrum, np.swapaxes(expected, -1, -2))
    close(as_complex(st.stft(AUDIO[0], n_fft, hop, **options)), expected[0].T)


def test_windows():
    symmetric = librosa.filters.get_window("hann", 300, fftbins=False)
    expected = librosa.stft(AUDIO, n_fft=512, hop_length=128, win_length=300, window=symmetric)
    for options in ({"window": symmetric}, {"window": "hann_symmetric", "win_length": 300}):
        close(as_complex(st.stft(AUDIO, 512, 128, **options)), np.swapaxes(expected, -1, -2))
    with pytest.raises(ValueError, match="longer than n_fft"):
        st.stft(AUDIO, 128, 32, window=symmetric)
    with pytest.raises(ValueError, match="unknown window"):
        st.stft(AUDIO, 128, 32, window="hanning")


@pytest.mark.parametrize("samples", [3000, 3072, 100])
def test_pad_end_has_a_frame_for_every_hop(samples):
    audio = np.resize(AUDIO[0], samples)
    padded = np.pad(audio, (0, 4096))
    expected = librosa.stft(padded, n_fft=512, hop_length=128, center=False)
    real, imag = st.stft(audio, 512, 128, center=False, pad_end=True)
    close(as_complex((real, imag)), expected.T[: -(-samples // 128)])


@pytest.mark.parametrize("length", [None, 2500, 5000])
@pytest.mark.parametrize(
    "n_fft,hop,center", [(512, 128, True), (400, 160, True), (512, 128, False)]
)
def test_inverse_equals_librosa(n_fft, hop, center, length):
    options = {"center": center, "length": length}
    spectrum = librosa.stft(AUDIO, n_fft=n_fft, hop_length=hop, center=center)
    spectrum *= np.random.default_rng(1).uniform(size=spectrum.shape)
    expected = librosa.istft(spectrum, n_fft=n_fft, hop_length=hop, **options)
    swapped = np.swapaxes(spectrum, -1, -2)
    audio = st.istft(np.ascontiguousarray(swapped.real), swapped.imag.copy(), hop, n_fft, **options)
    inside = slice(None) if center else slice(n_fft, -n_fft)
    close(ops.convert_to_numpy(audio)[:, inside], expected[:, inside])


def test_there_and_back():
    for n_fft, hop in ((512, 128), (400, 160), (64, 16)):
        back = st.istft(*st.stft(AUDIO, n_fft, hop), hop, n_fft, length=AUDIO.shape[-1])
        np.testing.assert_allclose(ops.convert_to_numpy(back), AUDIO, atol=1e-5)


@pytest.mark.parametrize("n_fft,hop", [(256, 64), (255, 100)])
def test_gradients_are_those_of_the_definition(n_fft, hop):
    """Against finite differences in float64 of librosa's transform."""
    audio = AUDIO[:1, :800]

    def definition(x):
        return np.abs(librosa.stft(x.astype(np.float64), n_fft=n_fft, hop_length=hop)).sum()

    value, gradient = value_and_gradient(lambda x: st.magnitude(x, n_fft, hop), audio)
    np.testing.assert_allclose(value.sum(), definition(audio), rtol=1e-5)
    for place in (0, 5, 333, 799):
        step = np.zeros(audio.shape)
        step[0, place] = 1e-6
        expected = (definition(audio + step) - definition(audio - step)) / 2e-6
        assert abs(gradient[0, place] - expected) < 1e-3 * np.abs(gradient).max()


def test_gradient_at_silence_is_zero():
    for scale in (0.0, 1e-25):
        value, gradient = value_and_gradient(lambda x: st.magnitude(x, 64, 16), scale * AUDIO)
        assert np.all(value < 1e-20) and np.all(np.isfinite(gradient))
        assert scale or np.all(gradient == 0.0)


def test_gradient_through_the_inverse():
    def round_trip(x):
        return st.istft(*st.stft(x, 256, 64), 64, length=3000) ** 2

    value, gradient = value_and_gradient(round_trip, AUDIO)
    np.testing.assert_allclose(value, AUDIO**2, atol=1e-5)
    np.testing.assert_allclose(gradient, 2 * AUDIO, atol=1e-4)


def test_unknown_batch_size():
    tf = pytest.importorskip("tensorflow")
    signature = [tf.TensorSpec([None, 3000], tf.float32)]
    graph = tf.function(lambda x: st.magnitude(x, 512, 128), input_signature=signature)
    close(graph(AUDIO).numpy(), ops.convert_to_numpy(st.magnitude(AUDIO, 512, 128)))
    back = tf.function(lambda x: st.istft(*st.stft(x, 512, 128), 128), input_signature=signature)
    np.testing.assert_allclose(back(AUDIO)[:, :2900], AUDIO[:, :2900], atol=1e-5)


@pytest.mark.parametrize("frame_length,hop", [(512, 128), (500, 160), (100, 300), (300, 7)])
def test_frame(frame_length, hop):
    expected = librosa.util.frame(AUDIO, frame_length=frame_length, hop_length=hop)
    frames = ops.convert_to_numpy(st.frame(AUDIO, frame_length, hop))
    np.testing.assert_array_equal(frames, np.swapaxes(expected, -1, -2))


def test_too_short_audio_is_refused():
    with pytest.raises(ValueError, match="fewer than one frame"):
        st.frame(AUDIO, 3001, 10)
    with pytest.raises(ValueError, match="too few to reflect"):
        st.stft(AUDIO[:, :100], 512, 128, pad_mode="reflect")
    assert st.stft(AUDIO[:, :1], 512, 128)[0].shape == (2, 1, 257)
