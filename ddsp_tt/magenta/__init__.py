"""What Magenta's ddsp left on disk: checkpoints, statistics, settings, and their conventions."""
