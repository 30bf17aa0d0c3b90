"""The start of every command: flags, gin settings, messages, progress, exit codes."""
