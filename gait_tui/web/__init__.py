"""The terminal UI in a browser of this machine: never written to, never reachable from another."""
