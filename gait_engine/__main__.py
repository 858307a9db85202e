"""`python -m gait_engine` is `gait`."""

from gait_engine.cli.main import run

run()
