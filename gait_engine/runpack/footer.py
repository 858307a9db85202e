"""The ticket footer: one line that names a run and the digest of its manifest (runpack.md 6.6)."""

import re
from typing import Final, NamedTuple

from gait_engine.contract.answers.verify import FooterFault
from gait_engine.errors import InvalidInput, quoted

_footer: Final = re.compile(
    r"GAIT run_id=([A-Za-z0-9_-]+) manifest=sha256:([0-9a-f]{64}) "
    r'verify="gait verify ([A-Za-z0-9_-]+)"'
).fullmatch
_PARTS: Final = tuple(
    (re.compile(pattern), expected)
    for pattern, expected in (
        (r"GAIT ", "GAIT and a space"),
        (r"run_id=", "run_id="),
        (r"[A-Za-z0-9_-]+(?= |$)", "a run id of letters, digits, _ and -"),
        (r" manifest=", "manifest="),
        (r"sha256:", "sha256:"),
        (r"[0-9a-f]{64}(?= |$)", "64 lower-case hex digits"),
        (r" verify=", "verify="),
        (r'"gait verify ', '"gait verify <id>"'),
        (r'[A-Za-z0-9_-]+"', "the run id and a closing quote"),
    )
)
FOOTER_FORM: Final = 'GAIT run_id=<id> manifest=sha256:<64 hex> verify="gait verify <id>"'


class Footer(NamedTuple):
    """What a ticket says about a runpack."""

    run_id: str
    manifest_digest: str


def footer_text(run_id: str, manifest_digest: str) -> str:
    """Spell the footer; whether it is a valid one, `parse_footer` says."""
    return f'GAIT run_id={run_id} manifest=sha256:{manifest_digest} verify="gait verify {run_id}"'


def looks_like_footer(text: str) -> bool:
    """Tell a line that means to be a footer from a run id or a path."""
    return text.strip().startswith("GAIT ")


def footer_fault(text: str) -> FooterFault | None:
    """Say which characters of a line keep it from being a footer; None for a good one."""
    position = 0
    for pattern, expected in _PARTS:
        match = pattern.match(text, position)
        if match is None:
            end = _word_end(text, position)
            return FooterFault(start=position, end=end, expected=expected)
        position = match.end()
    match = _footer(text)
    if match is not None and match[1] == match[3]:
        return None
    start = min(position, text.rfind(" ") + 1)
    expected = "the run id of the beginning" if match else "nothing behind the closing quote"
    return FooterFault(start=start if match else position, end=len(text), expected=expected)


def _word_end(text: str, position: int) -> int:
    space = text.find(" ", position)
    return len(text) if space < 0 else max(space, min(position + 1, len(text)))


def parse_footer(text: str) -> Footer:
    """Read a footer line; white space around it is allowed. Raises InvalidInput."""
    match = _footer(text.strip())
    if match is None or match[1] != match[3]:
        raise InvalidInput(
            f"ticket footer: {quoted(text.strip(), 200)}, expected {FOOTER_FORM}",
            where="ticket footer",
            hint="paste the whole line that begins with GAIT run_id=",
        )
    return Footer(match[1], match[2])
