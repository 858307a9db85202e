"""The main tabs: a tab exists once it has a row here, and is shown then."""

from typing import Final

TABS: Final = (("2", "Runs"),)
"""The key of a tab and its name; the numbers stay what they are when tabs come."""
