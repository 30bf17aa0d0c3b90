"""The decoder as files for programs that have neither Python nor Keras."""
