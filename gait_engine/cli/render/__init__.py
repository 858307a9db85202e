"""What answers look like without --json: short lines, the verdict first.

The lines hold data as it is; `cli.output` makes it safe for a terminal.
"""
