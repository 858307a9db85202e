"""What the screens need of the machine: terminal, clipboard, configuration, log."""
