"""Gait's headless engine: records, verifies, replays and diffs runs of AI agents."""

__version__ = "0.1.0"
