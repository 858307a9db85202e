"""The ticket footer: what is one, and which characters keep a line from being one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.errors import InvalidInput
from gait_engine.runpack.footer import (
    Footer,
    footer_fault,
    footer_text,
    looks_like_footer,
    parse_footer,
)

DIGEST = "0123456789abcdef" * 4
GOOD = f'GAIT run_id=run_x manifest=sha256:{DIGEST} verify="gait verify run_x"'

run_ids = st.text("abcXYZ019_-", min_size=1, max_size=20)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(run_ids, digests)
def test_a_spelled_footer_reads_back_and_has_no_fault(run_id: str, digest: str) -> None:
    line = footer_text(run_id, digest)
    assert parse_footer(line) == Footer(run_id, digest)
    assert footer_fault(line) is None


@pytest.mark.parametrize("space", [" ", "\n", "\r\n", "\t ", "\u00a0"])
def test_white_space_around_a_pasted_line_is_no_fault_of_the_ticket(space: str) -> None:
    assert parse_footer(space + GOOD + space) == Footer("run_x", DIGEST)
    assert looks_like_footer(space + GOOD)


@pytest.mark.parametrize("text", ["GAIT run", " GAIT x", "GAIT  "])
def test_a_line_that_begins_like_a_footer_means_to_be_one(text: str) -> None:
    assert looks_like_footer(text + "x")


@pytest.mark.parametrize("text", ["", "GAIT", "gait verify", "run_x", "./GAIT x.zip", "GAITx y"])
def test_a_run_id_or_path_does_not(text: str) -> None:
    assert not looks_like_footer(text)


@pytest.mark.parametrize(
    ("line", "shown", "expected"),
    [
        (GOOD.replace("GAIT ", "GAIT  "), "", "run_id="),
        (GOOD.replace("run_id=", "id="), "id=run_x", "run_id="),
        (GOOD.replace("=run_x", "=run x", 1), " ", "manifest="),
        (GOOD.replace("=run_x", "=run.x", 1), "run.x", "a run id of letters, digits, _ and -"),
        (GOOD.replace("sha256:", "sha1:"), f"sha1:{DIGEST}", "sha256:"),
        (GOOD.replace(DIGEST, DIGEST.upper()), DIGEST.upper(), "64 lower-case hex digits"),
        (GOOD.replace(DIGEST, DIGEST[:63]), DIGEST[:63], "64 lower-case hex digits"),
        (GOOD.replace(DIGEST, DIGEST + "0"), DIGEST + "0", "64 lower-case hex digits"),
        (GOOD.replace('"gait', "“gait"), "“gait", '"gait verify <id>"'),
        (GOOD.removesuffix('"'), "run_x", "the run id and a closing quote"),
        (GOOD.replace("run_x", "run_y", 1), 'run_x"', "the run id of the beginning"),
        (GOOD + " more", " more", "nothing behind the closing quote"),
        (GOOD + "\n", "\n", "nothing behind the closing quote"),
    ],
)
def test_a_fault_names_the_characters_that_are_wrong(line: str, shown: str, expected: str) -> None:
    fault = footer_fault(line)
    assert fault
    assert (line[fault.start : fault.end].strip(" "), fault.expected) == (
        shown.strip(" "),
        expected,
    )


@given(
    st.integers(0, len(GOOD) - 1),
    st.sampled_from(["", "x", "G", " ", '"', "=", "\n", "é", "\u202e", "run_x"]),
)
def test_a_line_has_a_fault_exactly_when_it_cannot_be_read(at: int, put: str) -> None:
    line = GOOD[:at] + put + GOOD[at + 1 :]
    fault = footer_fault(line)
    try:
        parse_footer(line)
    except InvalidInput as exc:
        assert fault
        assert exc.exit_code == 6  # noqa: PT017
    if fault:
        assert 0 <= fault.start <= fault.end <= len(line)
        assert fault.start < fault.end or fault.end == len(line)
    else:
        assert parse_footer(line).manifest_digest in line


@given(st.text(max_size=200))
def test_any_text_is_a_fault_inside_the_text(text: str) -> None:
    fault = footer_fault(text)
    assert fault
    assert 0 <= fault.start <= fault.end <= len(text)


@pytest.mark.parametrize("line", ["GAIT ", GOOD[:-1], GOOD + "x", GOOD * 2, f"x{GOOD}"])
def test_a_line_that_is_no_footer_is_refused_with_the_form_of_one(line: str) -> None:
    with pytest.raises(InvalidInput, match="GAIT run_id=<id> manifest=sha256:<64 hex>"):
        parse_footer(line)
