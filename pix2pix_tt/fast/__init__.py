"""The same networks evaluated faster on a processor."""
