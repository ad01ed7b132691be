"""Time and memory, as ratios to other programs on the same machine; every module here is a command."""
