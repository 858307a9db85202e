"""The strict reader on typed records: nulls, instants, unknown fields, lanes, bulk members."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract.common import Int64, Object, Record, always, instant
from gait_engine.contract.runpack import Intent, Receipt
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.wire import jsonread
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.jsonread import (
    Source,
    read_items,
    read_record,
    record_reader,
    split_items,
    split_members,
)
from gait_engine.wire.timestamps import ZERO, Timestamp

SOURCE: Final = Source("in.json")
SEALED: Final = Source("a.zip!m.json", hazard=VerificationFailed, sealed=True)
CLOSED: Final = Source("env.json", closed=True)
T: Final = "2026-02-05T00:00:00Z"


class Leaf(Record, frozen=True, kw_only=True):
    name: str = always("")
    at: Timestamp = instant()
    count: Int64 = 0


class Tree(Record, frozen=True, kw_only=True):
    run_id: str = always("")
    at: Timestamp = instant()
    args: Object = UNSET
    leaf: Leaf | UnsetType = UNSET
    leaves: tuple[Leaf, ...] | None = always(None)
    twigs: tuple[Leaf, ...] = ()
    tags: tuple[str, ...] = ()
    score: float = 0.0
    flag: bool = False


def refused(read: Callable[[], object]) -> GaitError:
    with pytest.raises(GaitError) as error:
        read()
    return error.value


def as_tree(text: bytes, source: Source = SOURCE) -> Tree:
    return read_record(text, Tree, source)


@pytest.mark.parametrize("field", Tree.__struct_fields__)
def test_a_null_field_counts_as_absent(field: str) -> None:
    assert as_tree(b'{"%s":null}' % field.encode()) == Tree()


@pytest.mark.parametrize("source", [SOURCE, SEALED, CLOSED], ids=["open", "sealed", "closed"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"null", Tree()),
        (b" null\n", Tree()),
        (b"{}", Tree()),
        (b'{"leaf":{"name":null,"at":null,"count":null}}', Tree(leaf=Leaf())),
        (
            b'{"twigs":[null,{"name":null},{"name":"x"}]}',
            Tree(twigs=(Leaf(), Leaf(), Leaf(name="x"))),
        ),
        (b'{"leaves":[{"at":null}],"run_id":"r"}', Tree(run_id="r", leaves=(Leaf(),))),
        (b'{"leaves":[]}', Tree(leaves=())),
        (b'{"args":{"k":null},"run_id":null}', Tree(args=Raw(b'{"k":null}'))),
    ],
)
def test_null_is_absence_at_every_typed_level(source: Source, text: bytes, expected: Tree) -> None:
    assert as_tree(text, source) == expected


def test_instants_come_out_in_normal_form_at_every_level() -> None:
    odd = "2026-02-05T0:00:00,500+00:00"
    text = (
        '{"at":"ODD","leaf":{"at":"ODD"},"leaves":[{"at":"ODD"},{}],"args":{"at":"ODD"}}'
    ).replace("ODD", odd)
    usual = Timestamp("2026-02-05T00:00:00.5Z")
    assert as_tree(text.encode()) == Tree(
        at=usual,
        leaf=Leaf(at=usual),
        leaves=(Leaf(at=usual), Leaf(at=ZERO)),
        args=Raw(b'{"at":"%s"}' % odd.encode()),
    )


def test_an_instant_in_another_normal_form_stays_as_it_is() -> None:
    assert as_tree(b'{"at":"2026-02-05T00:00:00+01:00"}').at == "2026-02-05T00:00:00+01:00"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b'{"at":"2026-02-31T00:00:00Z"}', "$.at"),
        (b'{"at":""}', "$.at"),
        (b'{"at":5}', "$.at"),
        (b'{"leaves":[{},{"at":"x"}]}', "$.leaves[1].at"),
        (b'{"twigs":[null,{"at":[]}]}', "$.twigs[1].at"),
        (b'{"leaf":{"count":"1"}}', "$.leaf.count"),
        (b'{"leaf":[]}', "$.leaf"),
        (b'{"leaf":5}', "$.leaf"),
        (b'{"leaves":{"name":"x"}}', "$.leaves"),
        (b'{"leaves":5}', "$.leaves"),
        (b'{"leaves":[{},[]]}', "$.leaves[1]"),
        (b'{"run_id":1}', "$.run_id"),
        (b'{"run_id":{}}', "$.run_id"),
        (b'{"tags":[1]}', "$.tags[0]"),
        (b'{"tags":"x"}', "$.tags"),
        (b'{"flag":1}', "$.flag"),
        (b'{"score":"1"}', "$.score"),
        (b'{"args":[]}', "$.args"),
        (b'{"args":"{}"}', "$.args"),
        (b'{"args":0}', "$.args"),
        (b"[]", ""),
        (b'"x"', ""),
        (b"0", ""),
    ],
)
@pytest.mark.parametrize("source", [SOURCE, SEALED, CLOSED], ids=["open", "sealed", "closed"])
def test_a_value_of_the_wrong_type_is_invalid_input(
    source: Source, text: bytes, where: str
) -> None:
    error = refused(lambda: as_tree(text, source))
    assert type(error) is InvalidInput
    assert (error.code, error.where) == ("invalid_input", f"{source.name} {where}".strip())
    assert error.hazards == ()


@pytest.mark.parametrize("literal", ["0", "-0", "7", "9223372036854775807", "-9223372036854775808"])
def test_an_integer_field_takes_64_bit_literals(literal: str) -> None:
    text = b'{"count":%s}' % literal.encode()
    assert read_record(text, Leaf, SOURCE._replace(digested=False)).count == int(literal)


@pytest.mark.parametrize(
    "literal",
    [
        *("1.0", "1e3", "-0.0", "true", '"1"', "[]", "9223372036854775808", "1e400"),
        *("-9223372036854775809", "123456789012345678901234567890", "1" * 400, "1" * 5000),
    ],
    ids=lambda literal: literal[:30],
)
def test_an_integer_field_takes_nothing_else(literal: str) -> None:
    text = b'{"count":%s}' % literal.encode()
    error = refused(lambda: read_record(text, Leaf, SEALED._replace(digested=False)))
    assert type(error) is InvalidInput
    assert error.where in ("a.zip!m.json $.count", "a.zip!m.json $[...]")


def test_an_integer_field_that_is_digested_must_survive_as_a_double() -> None:
    error = refused(lambda: as_tree(b'{"twigs":[{"count":9007199254740993}]}', SEALED))
    assert (error.code, error.where) == (
        "json_lossy_number",
        "a.zip!m.json $.twigs[0].count",
    )
    assert read_record(b'{"count":9007199254740994}', Leaf, SEALED).count == 2**53 + 2


@pytest.mark.parametrize(
    "text",
    [b'{"x":1}', b'{"leaf":{"x":{"at":5}}}', b'{"leaves":[{"x":null}]}', b'{"args":{"x":1}}'],
)
def test_unknown_fields_are_ignored_where_nothing_can_be_signed(text: bytes) -> None:
    as_tree(text)


UNKNOWN: Final = {
    b"{%s}" % b",".join(b'"x%02d":1' % number for number in range(99, -1, -1)): "$.x00",
    b'{"x":null}': "$.x",
    b'{"leaf":{"x":1}}': "$.leaf.x",
    b'{"leaves":[{},{"name":"","x":1}]}': "$.leaves[1].x",
    b'{"twigs":[{"":1}]}': "$.twigs[0].",
}


@pytest.mark.parametrize(("text", "path"), UNKNOWN.items(), ids=lambda part: ascii(part)[:40])
def test_an_unknown_field_of_what_can_be_signed_is_a_hazard(text: bytes, path: str) -> None:
    error = refused(lambda: as_tree(text, SEALED))
    assert type(error) is VerificationFailed
    assert (error.code, error.where) == ("json_unsigned_field", f"a.zip!m.json {path}")


@pytest.mark.parametrize(("text", "path"), UNKNOWN.items(), ids=lambda part: ascii(part)[:40])
def test_an_unknown_field_of_a_closed_record_is_plainly_wrong(text: bytes, path: str) -> None:
    error = refused(lambda: as_tree(text, CLOSED))
    assert type(error) is InvalidInput
    assert (error.code, error.where) == ("invalid_input", f"env.json {path}")


@pytest.mark.parametrize("source", [SOURCE, SEALED, CLOSED], ids=["open", "sealed", "closed"])
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"Run_ID":"x"}', "$.Run_ID"),
        ('{"run_id":"x","RUN_ID":"y"}', "$.RUN_ID"),
        ('{"a_first":0,"ARGS":null}', "$.ARGS"),
        ('{"arg\u017f":{}}', "$.arg\u017f"),
        ('{"leaf":{"Name":1}}', "$.leaf.Name"),
        ('{"leaves":[{},{"COUNT":1}]}', "$.leaves[1].COUNT"),
        ('{"twig\u017f":[]}', "$.twig\u017f"),
        ('{"\\u0052un_id":""}', "$.Run_id"),
    ],
)
def test_a_key_that_a_lenient_reader_takes_for_a_field_is_a_hazard(
    source: Source, text: str, path: str
) -> None:
    error = refused(lambda: as_tree(text.encode(), source))
    assert type(error) is source.hazard
    assert (error.code, error.where) == ("json_case_variant_key", f"{source.name} {path}")


def test_the_kelvin_sign_is_a_k_to_a_lenient_reader() -> None:
    class Kinded(Record, frozen=True, kw_only=True):
        kind: str = ""

    text = '{"\u212aind":"x"}'.encode()
    error = refused(lambda: read_record(text, Kinded, SOURCE))
    assert error.code == "json_case_variant_key"


@pytest.mark.parametrize("source", [SOURCE, SEALED], ids=["open", "sealed"])
def test_keys_of_a_free_object_may_be_anything(source: Source) -> None:
    args = '{"ARGS":1,"Args":2,"args":{"run_id":1,"RUN_ID":2},"i\u0307d":0}'.encode()
    assert as_tree(b'{"args":%s}' % args, source).args == Raw(args)


def test_a_key_that_merely_looks_like_a_field_is_unknown_not_a_variant() -> None:
    assert as_tree('{"run_\u0131d":"x","run_İd":"y","ｒｕｎ_id":"z"}'.encode()) == Tree()


def test_hazards_of_the_text_come_before_those_of_the_record() -> None:
    text = b'{"RUN_ID":1,"args":{"k":1,"k":2}}'
    assert refused(lambda: as_tree(text)).code == "json_duplicate_key"


def test_a_free_object_keeps_its_text_up_to_white_space() -> None:
    text = b'{"args": {"b" : 1.50, "a" : [ 1e2, 72057594037927940 ] } }'
    assert as_tree(text).args == Raw(b'{"b":1.50,"a":[1e2,72057594037927940]}')


def test_a_free_object_keeps_its_value_when_something_beside_it_changes() -> None:
    text = b'{"args":{"b":1.50,"a":[-0,123456789012345678901234567890,"\\u0041"]},"at":null}'
    found = as_tree(text, SOURCE._replace(digested=False)).args
    assert isinstance(found, Raw)
    assert bytes(found) == b'{"b":1.5,"a":[0,123456789012345678901234567890,"A"]}'


def test_one_reader_reads_many_records() -> None:
    read = record_reader(Leaf, SOURCE)
    assert [read(text).name for text in (b'{"name":"a"}', b' {"name":"b"}')] == ["a", "b"]


INTENT: Final = Intent(created_at=Timestamp(T), intent_id="é<", args=Raw(b'{"a":[1,{"b":"x"}]}'))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"args": UNSET},
        {"args": Raw(b"{}")},
        {"created_at": ZERO},
        {"created_at": Timestamp("2026-02-28T23:59:59.123456789Z")},
        {"tool_name": "\ufffd\u2028\U0001f600"},
    ],
    ids=ascii,
)
def test_a_canonical_record_takes_the_short_lane(change: dict[str, Any]) -> None:
    record = msgspec.structs.replace(INTENT, **change)
    text = canonical_record(record)
    plan = jsonread._plan(Intent)
    assert jsonread._read_canonical(text, msgspec.json.Decoder(Intent).decode, plan) == record
    assert read_record(text, Intent, SEALED._replace(canonical=True)) == record


@pytest.mark.parametrize(
    "text",
    [
        canonical_record(INTENT) + b" ",
        canonical_record(INTENT).replace(b",", b", ", 1),
        canonical_record(INTENT).replace(b'"b"', rb'"\u0062"'),
        canonical_record(INTENT).replace(b'"x"', b'"x","b":"x"'),
        canonical_record(INTENT).replace(b'"x"', b"1.50"),
        canonical_record(INTENT).replace(b'"x"', b"9007199254740993"),
        canonical_record(INTENT).replace(b'"x"', b"1e400"),
        canonical_record(INTENT).replace(b'"x"', b'"\xff"'),
        canonical_record(INTENT).replace(b'"x"', rb'"\ud800"'),
        canonical_record(INTENT).replace(b'"x"', b'"%s"' % (b"x" * 2_000)),
        canonical_record(INTENT).replace(b'{"a":[1,{"b":"x"}]}', b"null"),
        canonical_record(INTENT).replace(b'{"a":[1,{"b":"x"}]}', b"[]"),
        canonical_record(INTENT).replace(b'{"args"', b'{"ARGS"'),
        canonical_record(INTENT).replace(b'"run_id":""', b'"run_id":"","run_id":""'),
        canonical_record(INTENT).replace(b'"run_id":""', b'"run_id":null'),
        canonical_record(INTENT).replace(b'"run_id":""', b'"run_id":5'),
        canonical_record(INTENT).replace(T.encode(), b"2026-02-29T00:00:00Z"),
        canonical_record(INTENT).replace(T.encode(), b"2026-02-05T00:00:00+01:00"),
        canonical_record(INTENT).replace(T.encode(), b"2026-02-05T00:00:00.50Z"),
        canonical_record(INTENT)[:-1],
        canonical_record(INTENT).replace("é".encode(), b"\xc3"),
        b"null",
        b"",
    ],
    ids=lambda text: ascii(text)[:120],
)
def test_every_other_text_takes_the_road_that_explains_itself(text: bytes) -> None:
    plan = jsonread._plan(Intent)
    assert jsonread._read_canonical(text, msgspec.json.Decoder(Intent).decode, plan) is None


def test_only_records_of_texts_instants_and_free_objects_have_a_short_lane() -> None:
    assert jsonread._plan(Intent).is_flat
    assert not jsonread._plan(Receipt).is_flat
    assert not jsonread._plan(Tree).is_flat
    receipt = Receipt(ref_id="r", freshness_sla_seconds=5)
    text = canonical_record(receipt)
    assert read_record(text, Receipt, SEALED._replace(canonical=True)) == receipt


def test_items_are_read_one_by_one_to_their_end() -> None:
    items = [(1, b'{"name":"a"}'), (2, b"null")]
    assert list(read_items(items, Leaf, SOURCE, "line {}")) == [Leaf(name="a"), Leaf()]


def test_an_item_that_is_refused_is_named_by_its_place() -> None:
    items = [(1, b'{"name":"a"}'), (4, b'{"name":"b"}'), (7, b'{"Name":"c"}')]
    found = read_items(items, Leaf, SOURCE, "line {}")
    assert [next(found).name, next(found).name] == ["a", "b"]
    assert refused(lambda: next(found)).where == "in.json line 7.Name"


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (b"{}", {}),
        (b'{"a":1,"b":{"c":[]}}', {"a": b"1", "b": b'{"c":[]}'}),
        (b' {"a" : [ 1 , 2 ] } ', {"a": b"[1,2]"}),
        (rb'{"\u0061":"\u0062"}', {"a": rb'"\u0062"'}),
    ],
)
def test_an_object_is_split_into_the_texts_of_its_members(
    text: bytes, members: dict[str, bytes]
) -> None:
    assert {key: bytes(member) for key, member in split_members(text, SOURCE).items()} == members


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        (b'{"a":1,"a":2}', "json_duplicate_key", "in.json $.a"),
        (rb'{ "a":1, "\u0061":2 }', "json_duplicate_key", "in.json $.a"),
        (b'{"a\xff":1}', "json_lossy_text", "in.json $"),
        (rb'{"\ud800":1}', "json_lossy_text", "in.json $"),
        (rb'{"a":"\ud800" x}', "json_lossy_text", "in.json $"),
        (b"[]", "invalid_input", "in.json"),
        (b"null", "invalid_input", "in.json"),
        (b"", "invalid_input", "in.json"),
        (b'{"a":01}', "invalid_input", "in.json"),
        (b'{"a":1} x', "invalid_input", "in.json"),
        (b'{"a":' + b"[" * 100_000, "invalid_input", "in.json"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_cannot_be_split_safely_is_refused(text: bytes, code: str, where: str) -> None:
    error = refused(lambda: split_members(text, SOURCE))
    assert (error.code, error.where) == (code, where)


def test_members_of_members_are_left_unread() -> None:
    assert split_members(b'{"a":[{"k":1,"k":1},"\xff",1e400]}', SOURCE).keys() == {"a"}


@pytest.mark.parametrize(
    ("text", "items"),
    [(b"null", []), (b"[]", []), (b'[1, {"a" : 1},null]', [b"1", b'{"a" : 1}', b"null"])],
)
def test_a_list_is_split_into_the_texts_of_its_items(text: bytes, items: list[bytes]) -> None:
    assert list(split_items(text, SOURCE, "$.intents")) == items


@pytest.mark.parametrize("text", [b"{}", b'"x"', b"5", b"true"])
def test_only_a_list_has_items(text: bytes) -> None:
    error = refused(lambda: split_items(text, SOURCE, "$.intents"))
    assert (type(error), error.where) == (InvalidInput, "in.json $.intents")
