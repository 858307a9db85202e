import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.errors import InvalidInput
from gait_engine.gate.tokens.tokenfile import read_approval, read_delegation, token_paths
from gait_engine.wire.jsonwrite import pretty
from tests.support.hosts import FrozenHost
from tests.support.tokens import approval, delegation, write_token

PLAIN = json.loads(pretty(approval()))
TEXT = pretty(approval()).decode()


@pytest.fixture
def folder(frozen_host: FrozenHost) -> Path:
    return frozen_host.cwd


def test_a_token_that_was_written_is_read_back(frozen_host: FrozenHost, folder: Path) -> None:
    approved, delegated = approval(max_ops=2), delegation(scope_class="write")
    one = read_approval(write_token(folder, approved, "a.json"), host=frozen_host)
    other = read_delegation(write_token(folder, delegated, "d.json"), host=frozen_host)
    assert (one.path, one.token, one.fault, one.hazard) == ("a.json", approved, "", None)
    assert other.token == delegated


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (TEXT.replace("{", '{"scope": ["*"],', 1), "json_duplicate_key", "$.scope"),
        (TEXT.replace('"alg"', '"alg": "", "alg"', 1), "json_duplicate_key", "$.signature.alg"),
        (TEXT.replace('"scope"', '"Scope"'), "json_case_variant_key", "$.Scope"),
        (json.dumps({**PLAIN, "note": 1}), "json_unsigned_field", "$.note"),
        (json.dumps({**PLAIN, "signature": {"x": 1}}), "json_unsigned_field", "$.signature.x"),
        (json.dumps({**PLAIN, "max_ops": 2**53 + 1}), "json_lossy_number", "$.max_ops"),
        (TEXT.replace("alice", r"al\ud800"), "json_lossy_text", "$"),
    ],
)
def test_what_two_readers_could_read_differently_is_not_counted(
    frozen_host: FrozenHost, folder: Path, text: str, code: str, place: str
) -> None:
    (folder / "t.json").write_text(text, encoding="utf-8")
    given = read_approval("t.json", host=frozen_host)
    assert (given.token, given.fault) == (None, code)
    assert given.hazard == (code, f"t.json {place}")


def test_text_that_is_not_utf_8_is_not_counted(frozen_host: FrozenHost, folder: Path) -> None:
    (folder / "t.json").write_bytes(pretty(approval()).replace(b"alice", b"al\xffce"))
    assert read_approval("t.json", host=frozen_host).fault == "json_lossy_text"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"\xef\xbb\xbf{}",
        json.dumps({**PLAIN, "scope": "tool:x"}).encode(),
        json.dumps({**PLAIN, "max_ops": 1.0}).encode(),
        json.dumps({**PLAIN, "max_ops": 2**63}).encode(),
        json.dumps({**PLAIN, "expires_at": "2026-02-30T00:00:00Z"}).encode(),
        json.dumps({**PLAIN, "signature": "none"}).encode(),
        json.dumps({**PLAIN, "note": 1, "scope": "tool:x"}).encode(),
        json.dumps({**PLAIN, "max_ops": 2**53 + 1, "max_targets": "1"}).encode(),
        pretty(approval()).replace(b"alice", b"\xff").replace(b'"signature"', b"signature"),
        pretty(approval()).replace(b"alice", rb"\ud800").replace(b'"reviewed"', b"7"),
    ],
)
def test_what_is_no_token_at_all_ends_the_command(
    frozen_host: FrozenHost, folder: Path, text: bytes
) -> None:
    """Also where it is ambiguous besides: a token not counted may be outvoted, this may not."""
    (folder / "t.json").write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        read_approval("t.json", host=frozen_host)
    assert refused.value.code == "invalid_input"


def test_a_file_that_is_not_there_ends_the_command(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput, match=r"^delegation token 'none.json': no such file"):
        read_delegation("none.json", host=frozen_host)


def test_null_is_a_token_that_says_nothing(frozen_host: FrozenHost, folder: Path) -> None:
    (folder / "t.json").write_text("null")
    token: Any = read_approval("t.json", host=frozen_host).token
    assert set(msgspec.structs.asdict(token).values()) & {"alice", "reviewed"} == set()
    assert token.token_id == ""


def test_paths_keep_the_order_given_and_stand_once() -> None:
    assert token_paths(" t9.json ", ["t2.json", " t1.json", "", "t9.json", "t2.json"]) == (
        "t9.json",
        "t2.json",
        "t1.json",
    )
    assert token_paths("", [""]) == ()
