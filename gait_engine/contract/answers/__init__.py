"""The shapes of `--json`, a module per family: CLI, terminal UI and Python callers share them.

A field with a plain default is left out when it holds that default; the fields of the envelope
(error and its companions) are filled in by the CLI.
"""
