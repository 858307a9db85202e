import hashlib
import os
from pathlib import Path

import pytest

from gait_engine.contract.broker import BrokerAnswer
from gait_engine.errors import DependencyMissing
from gait_engine.gate.broker.env import ask_environment
from gait_engine.wire.timestamps import ZERO
from tests.support.brokers import asked
from tests.support.hosts import FrozenHost

PLANTED = "correct horse battery staple"
VARIABLE = "GAIT_BROKER_TOKEN_EGRESS"


def told(folder: Path, secret: str = PLANTED, **beside: str) -> BrokerAnswer:
    env = {VARIABLE: secret} | {f"{VARIABLE}_{suffix}": text for suffix, text in beside.items()}
    return ask_environment(asked(), FrozenHost(folder, env), prefix="GAIT_BROKER_TOKEN_")


@pytest.mark.parametrize(
    ("reference", "variable"),
    [
        ("egress", "T_EGRESS"),
        ("crm.export-all", "T_CRM_EXPORT_ALL"),
        ("a..b", "T_A__B"),
        ("a  /b", "T_A_B"),
        ("a. b", "T_A__B"),
        ("x_y", "T_X_Y"),
        ("__x__", "T_X"),
        (" é ", "T_DEFAULT"),
        ("ſtraße", "T_STRA_E"),
        ("ﬁ1", "T_1"),
        ("one,two", "T_ONE_TWO"),
    ],
)
def test_a_variable_is_named_after_the_reference(
    reference: str, variable: str, tmp_path: Path
) -> None:
    host = FrozenHost(tmp_path, {variable: PLANTED})
    answer = ask_environment(asked(reference=reference), host, prefix="T_")
    assert answer.credential_ref.startswith(f"env:{variable}:")


def test_without_a_reference_the_variable_is_named_after_the_tool(tmp_path: Path) -> None:
    host = FrozenHost(tmp_path, {"T_DB_QUERY": PLANTED})
    answer = ask_environment(asked({"broker_reference": ""}), host, prefix="T_")
    assert answer.credential_ref.startswith("env:T_DB_QUERY:")


@pytest.mark.parametrize("env", [{}, {VARIABLE: ""}, {VARIABLE: " \t"}])
def test_a_variable_that_is_missing_or_blank_issues_nothing(
    env: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(DependencyMissing, match=f"{VARIABLE}: not set") as caught:
        ask_environment(asked(), FrozenHost(tmp_path, env), prefix="GAIT_BROKER_TOKEN_")
    assert caught.value.code == "broker_credential_missing"


@pytest.mark.parametrize("secret", [PLANTED, f" {PLANTED}\n", "\udcff"])
def test_only_the_first_digits_of_its_digest_are_told_of_a_credential(
    secret: str, tmp_path: Path
) -> None:
    digest = hashlib.sha256(os.fsencode(secret)).hexdigest()
    answer = told(tmp_path, secret)
    assert answer.credential_ref == f"env:{VARIABLE}:{digest[:16]}"
    assert PLANTED not in repr(answer)


def test_a_bare_variable_says_little(tmp_path: Path) -> None:
    answer = told(tmp_path)
    assert (answer.source, answer.access_type, answer.issuer) == ("", "unknown", "env")
    assert (answer.subject, answer.owner) == ("agent-7", "agent-7")
    assert (answer.issued_at, answer.expires_at, answer.ttl_seconds) == (ZERO, ZERO, 0)
    assert answer.scope == ()
    assert answer.target_binding == answer.run_binding == answer.job_binding == ""


def test_variables_beside_it_say_the_rest(tmp_path: Path) -> None:
    answer = told(
        tmp_path,
        SOURCE="aws_sts",
        ACCESS_TYPE="JIT",
        ISSUER=" iss ",
        SUBJECT="s",
        OWNER="o",
        TARGET_BINDING="t",
        RUN_BINDING="r",
        JOB_BINDING="j",
        SCOPE="write, read,",
        ISSUED_AT="2026-02-05T17:30:00+05:30",
        EXPIRES_AT=" 2026-02-05T13:00:00Z ",
        TTL_SECONDS=" 60 ",
    )
    assert (answer.source, answer.access_type, answer.issuer) == ("aws_sts", "JIT", "iss")
    assert (answer.subject, answer.owner) == ("s", "o")
    assert (answer.target_binding, answer.run_binding, answer.job_binding) == ("t", "r", "j")
    assert answer.scope == ("write", "read")
    assert answer.issued_at == "2026-02-05T12:00:00Z"
    assert answer.expires_at == "2026-02-05T13:00:00Z"
    assert answer.ttl_seconds == 60


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-01:00"])
def test_a_time_that_is_none_counts_as_unknown(text: str, tmp_path: Path) -> None:
    answer = told(tmp_path, ISSUED_AT=text, EXPIRES_AT=text)
    assert (answer.issued_at, answer.expires_at) == (ZERO, ZERO)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("+60", 60), ("-5", -5), ("060", 60), ("9223372036854775807", 2**63 - 1)),
        *(("1_0", 0), ("0x3", 0), ("5.0", 0), ("1m", 0), ("٣", 0), ("9223372036854775808", 0)),
    ],
)
def test_a_time_to_live_is_a_plain_integer_or_unknown(
    text: str, seconds: int, tmp_path: Path
) -> None:
    assert told(tmp_path, TTL_SECONDS=text).ttl_seconds == seconds


def test_a_credential_in_a_variable_that_is_to_describe_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DependencyMissing, match=rf"variables {VARIABLE}_\*") as caught:
        told(tmp_path, OWNER="ghp_planted")
    assert "planted" not in caught.value.message
