"""Facts that prove drivers."""

import pytest

from gait_engine.runpack.read import open_runpack
from gait_engine.scout.facets import ACTIONS, differences, driver_of
from gait_engine.scout.observe import observe
from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.scouting import scout_run


def facets(host: FrozenHost, **facts: object) -> dict[str, str]:
    with open_runpack(scout_run(host.cwd, "x.zip", **facts)) as pack:
        return dict(observe(pack).facets)


@pytest.mark.parametrize(
    ("path", "driver"),
    [
        ("run.env.os", "configuration_change"),
        ("manifest.capture_mode", "configuration_change"),
        ("refs.receipts[a]", "reference_set_change"),
        ("results[t].status", "tool_result_shape_change"),
        ("payloads[a.b].x", "tool_result_shape_change"),
        ("traces[t].verdict", "policy_change"),
        (ACTIONS, ""),
    ],
)
def test_a_path_names_its_driver(path: str, driver: str) -> None:
    assert driver_of(path) == driver


def test_the_shape_of_a_payload_is_its_leaves_and_their_types(frozen_host: FrozenHost) -> None:
    payload = {"n": 1, "items": [{"a": "x"}, {"a": True}], "none": None, "o": {}, "l": []}
    seen = facets(frozen_host, payload=payload)
    shape = {path: kind for path, kind in seen.items() if path.startswith("payloads")}
    assert shape == {
        "payloads[crm.read].n": "number",
        "payloads[crm.read].items[].a": "boolean|string",
        "payloads[crm.read].none": "null",
        "payloads[crm.read].o": "object",
        "payloads[crm.read].l": "list",
    }


def test_a_wide_payload_and_many_receipts_fold_into_digests(frozen_host: FrozenHost) -> None:
    receipts = [runs.receipt(f"r{n:03}") for n in range(65)]
    wide = facets(frozen_host, payload={f"k{n}": n for n in range(200)}, receipts=receipts)
    assert len(wide["payloads[crm.read]"]) == len(wide["refs.receipts"]) == 64
    assert len(wide) < 10


def test_values_are_of_no_effect_on_the_shape(frozen_host: FrozenHost) -> None:
    assert (
        differences(facets(frozen_host, payload={"n": 1}), facets(frozen_host, payload={"n": 2}))
        == []
    )


def test_evidence_that_only_one_run_has_is_no_change(frozen_host: FrozenHost) -> None:
    raw = facets(frozen_host, payload={"n": 1})
    bare = facets(frozen_host, mode="reference")
    assert differences(raw, bare) == ["manifest.capture_mode"]
    assert differences(raw, {**raw, "traces[t].verdict": "block"}) == []
    traced = {**raw, "traces[t].verdict": "allow"}
    assert differences(traced, {**raw, "traces[t].verdict": "block"}) == ["traces[t].verdict"]


def test_only_content_digests_of_64_bytes_count(frozen_host: FrozenHost) -> None:
    receipts = [
        runs.receipt(f"r{n}", content_digest=text) for n, text in enumerate(["A" * 64, "b"])
    ]
    with open_runpack(scout_run(frozen_host.cwd, "x.zip", receipts=receipts)) as pack:
        assert observe(pack).ref_receipt_digests == ("a" * 64,)
