"""The strict reader against a naive one, and its short lane against its long road."""

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gait_engine.contract.runpack import FileDigest, Intent, Result
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.wire.canonical import canonical_record, canonical_text, number_text
from gait_engine.wire.jsonread import Source, read_plain, read_record, split_members
from gait_engine.wire.timestamps import Timestamp

laws = settings(max_examples=150, deadline=None)

# ------------------------------------------------------------ texts, honest and odd

SHORT_ESCAPES = {
    '"': r"\"",
    "\\": r"\\",
    "\n": r"\n",
    "\x7f": "\x7f",
    "/": r"\/",
    "\x00": r"\u0000",
}
spaces = st.sampled_from(["", "", "", " ", "\n\t", "\r "])


def escaped(char: str) -> str:
    r"""Spell a character as \uXXXX, an astral one as a pair."""
    return json.dumps(char)[1:-1] if ord(char) > 0xFFFF else f"\\u{ord(char):04X}"


@st.composite
def spelled(draw: st.DrawFn, text: str) -> str:
    """Spell a text as JSON, each character in one of its ways."""
    ways = [draw(st.sampled_from(["plain", "escaped"])) for _ in text]
    chars = [
        escaped(char) if way == "escaped" else SHORT_ESCAPES.get(char, char)
        for char, way in zip(text, ways, strict=True)
    ]
    return f'"{"".join(chars)}"'


contents = st.text(st.sampled_from('abS é😀\ufffd"\\\n/\x7f\x00\u2028'), max_size=4)
honest_texts = contents.flatmap(spelled)
half_pairs = st.sampled_from([r'"\ud800"', r'"\udc00\ud800"', r'"\\\udfff"', r'"\ud83d\u0041x"'])
look_alikes = st.sampled_from(
    [r'"\\ud800"', r'"\ud83d\ude00"', r'"\\\\udc00"', r'"\\\ud83d\uDE00"']
)
honest_numbers = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["-0", "1.50", "1e3", "1E+2", "-0.0", "1e-400", "9007199254740993.0"]),
    st.sampled_from(["9007199254740992", "9007199254740994", "72057594037927940"]),
)
long_integers = st.one_of(
    st.integers(2**53 - 2, 2**53 + 8).map(str),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["9007199254740993", "72057594037927936", "1" * 320]),
)
overflows = st.sampled_from(["1e400", "-1e309", "[1e999]"])
malformed = st.sampled_from(
    ["", "nul", "NaN", "-Infinity", "01", "+1", ".5", "'a'", r'"\x41"', '"a\nb"', "[1,]", "{a:1}"]
)


def trees(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Any JSON text over such leaves; keys may repeat, in other spellings too."""
    keys = st.sampled_from("aabé😀").flatmap(spelled)
    return st.recursive(leaves, lambda inner: lists(inner) | objects(keys, inner), max_leaves=8)


@st.composite
def lists(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    space = draw(spaces)
    return f"[{space}{f',{space}'.join(draw(st.lists(items, max_size=4)))}{space}]"


@st.composite
def objects(draw: st.DrawFn, keys: st.SearchStrategy[str], values: st.SearchStrategy[str]) -> str:
    space = draw(spaces)
    pairs = draw(st.lists(st.tuples(keys, values), max_size=4))
    return f"{{{space}{f',{space}'.join(f'{key}{space}:{value}' for key, value in pairs)}{space}}}"


literals = st.sampled_from(["null", "true", "false"])
honest_leaves = honest_texts | look_alikes | honest_numbers | literals
json_texts = trees(honest_leaves)
odd_texts = trees(honest_leaves | half_pairs | long_integers | overflows)
broken_texts = trees(honest_leaves | malformed)

# ------------------------------------------------------------ a naive reader


class Verdict(NamedTuple):
    """What a naive reader says of a text: its value, and everything wrong with it."""

    value: Any
    faults: set[str]


def naive(text: str) -> Verdict:
    """Read with the standard library, noting what two readers could read differently."""
    faults: set[str] = set()
    try:
        value = json.loads(
            text,
            object_pairs_hook=partial(members, faults),
            parse_int=partial(whole, faults),
            parse_float=partial(fraction, faults),
            parse_constant=refuse_constant,
        )
    except ValueError:
        return Verdict(None, {"invalid_input"})
    note_half_pairs(faults, value)
    return Verdict(value, faults)


def members(faults: set[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        faults.add("json_duplicate_key")
    note_half_pairs(faults, pairs)
    return dict(pairs)


def note_half_pairs(faults: set[str], value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        faults.add("json_lossy_text")


def whole(faults: set[str], literal: str) -> int:
    if math.isinf(float(literal)) or number_text(int(literal)) != literal.replace("-0", "0"):
        faults.add("json_lossy_number")
    return int(literal)


def fraction(faults: set[str], literal: str) -> float:
    if math.isinf(float(literal)):
        faults.add("invalid_input")
    return float(literal)


def refuse_constant(literal: str) -> None:
    raise ValueError(literal)


class Outcome(NamedTuple):
    """What our reader made of a text: a value, or the class, code and place of its refusal."""

    value: Any = None
    kind: type[GaitError] | None = None
    code: str = ""
    where: str = ""


def outcome(read: Callable[[], Any]) -> Outcome:
    try:
        return Outcome(read())
    except GaitError as error:
        return Outcome(None, type(error), error.code, error.where)


def check_against_naive(text: str) -> None:
    verdict = naive(text)
    found = outcome(lambda: read_plain(text.encode(), Source("x", hazard=VerificationFailed)))
    if verdict.faults:
        assert found.code in verdict.faults
        plain = found.code == "invalid_input"
        assert found.kind is (InvalidInput if plain else VerificationFailed)
    else:
        assert (found.value, found.code) == (verdict.value, "")


@laws
@given(json_texts)
def test_an_honest_text_is_read_as_the_standard_library_reads_it(text: str) -> None:
    check_against_naive(text)


@laws
@given(odd_texts)
@example(r'{"a":"\ud800","a":1}')
@example('{"a":1e400,"a":1}')
def test_an_odd_text_is_refused_for_a_reason_it_has(text: str) -> None:
    check_against_naive(text)


@laws
@given(broken_texts)
def test_what_the_standard_library_cannot_read_is_invalid_input(text: str) -> None:
    check_against_naive(text)


@laws
@given(
    st.binary(max_size=12)
    | st.text(st.sampled_from('{}[]",:\\u0aEe+-. \nntf'), max_size=14).map(str.encode)
)
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    for wrapping in (b"%s", b'{"args":%s}', b'{"a" : %s }'):
        text = wrapping.replace(b"%s", data)
        for source in (Source("x"), Source("x", canonical=True, sealed=True)):
            outcome(partial(read_plain, text, source))
            outcome(partial(read_record, text, Intent, source))
            outcome(partial(split_members, text, source))


@laws
@given(json_texts)
def test_splitting_keeps_every_member(text: str) -> None:
    both = f'{{"a":{text}, "b" : {text}}}'
    found = outcome(lambda: split_members(both.encode(), Source("x")))
    if not naive(both).faults:
        parts = {key: json.loads(bytes(member)) for key, member in found.value.items()}
        assert parts == naive(both).value


# ------------------------------------------------------------ the short lane

odd_instants = st.sampled_from(
    [
        *("2026-02-05T00:00:00.5Z", "2026-02-05T00:00:00.50Z", "2026-02-29T00:00:00Z", "x", ""),
        *("2026-02-05T0:00:00Z", "2026-02-05T00:00:00+00:00", "2026-02-05T00:00:00+01:00"),
        *("2024-02-29T00:00:00Z", "2026-01-31T00:00:00Z", "0001-01-01T00:00:00Z"),
        *("2026-02-05T00:00:00Z ", "2026-02-05T24:00:00Z"),
    ]
).map(json.dumps)
plain_objects = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**17), 10**17)
        | st.floats(-1e3, 1e3)
        | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=5,
    ),
    max_size=3,
)
free_texts = plain_objects.map(
    lambda value: canonical_text(json.dumps(value).encode()).decode()
) | plain_objects.map(json.dumps)
odd_values = odd_texts | broken_texts | odd_instants | free_texts
odd_keys = st.sampled_from(
    [
        *('"zz"', '"ARGS"', '"Run_ID"', '"arg\u017f"', '"args"', '"run_id"', '"created_at"', '""'),
        *(r'"\u0061rgs"', r'"run\u005fid"', r'"\ud800"', '"sha256"', '"PATH"'),
    ]
)
kinds: st.SearchStrategy[type[msgspec.Struct]] = st.sampled_from([Intent, Result, FileDigest])
sources = st.builds(
    Source,
    st.just("x"),
    hazard=st.sampled_from([InvalidInput, VerificationFailed]),
    digested=st.booleans(),
    sealed=st.booleans(),
    closed=st.booleans(),
)


@st.composite
def canonical_members(draw: st.DrawFn, kind: type[msgspec.Struct]) -> list[tuple[str, str]]:
    """Spell the members of an honest record in canonical order."""
    members = {}
    for field in msgspec.structs.fields(kind):
        if field.type is Timestamp:
            members[field.name] = '"2026-02-05T00:00:00Z"'
        elif field.type is str:
            members[field.name] = msgspec.json.encode(draw(contents)).decode()
        elif draw(st.booleans()):
            members[field.name] = draw(free_texts)
    return [(f'"{key}"', members[key]) for key in sorted(members)]


def mutated(draw: st.DrawFn, members: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Do one thing to a record that an honest writer would not, or seldom does."""
    place = draw(st.integers(0, len(members) - 1))
    key, value = members[place]
    odd = draw(odd_values)
    changes: list[list[tuple[str, str]]] = [
        [(key, odd)],
        [(key, "null")],
        [(key, value), (key, odd)],
        [(key, value), (key, value)],
        [(draw(odd_keys), odd), (key, value)],
        [(draw(odd_keys), value)],
        [(key.replace("a", r"\u0061", 1), value)],
        [],
    ]
    return [*members[:place], *draw(st.sampled_from(changes)), *members[place + 1 :]]


@st.composite
def record_texts(draw: st.DrawFn) -> tuple[type[msgspec.Struct], bytes]:
    """Draw the text of a record, canonical or off it by a little."""
    kind = draw(kinds)
    members = draw(canonical_members(kind))
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        members = mutated(draw, members) if members else members
    if draw(st.integers(0, 9)) == 0:
        members = draw(st.permutations(members))
    comma = draw(st.sampled_from([",", ",", ",", ", "]))
    text = f"{{{comma.join(f'{key}:{value}' for key, value in members)}}}".encode()
    return kind, text + draw(st.sampled_from([b"", b"", b"", b"\n", b"x"]))


@st.composite
def damaged_texts(draw: st.DrawFn) -> tuple[type[msgspec.Struct], bytes]:
    """Draw the text of a record with a byte changed, gone or put in."""
    kind, text = draw(record_texts())
    place = draw(st.integers(0, len(text) - 1))
    byte = draw(st.sampled_from([b'"', b"\\", b"\xff", b"\xc3", b"0", b" ", b"{", b"", b"\x00"]))
    return kind, text[:place] + byte + text[place + draw(st.integers(0, 1)) :]


def check_both_lanes(kind: type[msgspec.Struct], text: bytes, source: Source) -> None:
    short = source._replace(canonical=True)
    by_long_road = outcome(lambda: read_record(text, kind, source))
    by_short_lane = outcome(lambda: read_record(text, kind, short))
    assert by_short_lane == by_long_road
    if by_short_lane.kind is None:
        assert canonical_record(by_short_lane.value) == canonical_record(by_long_road.value)


@laws
@given(record_texts(), sources)
def test_both_lanes_read_the_same_or_refuse_alike(
    drawn: tuple[type[msgspec.Struct], bytes], source: Source
) -> None:
    check_both_lanes(*drawn, source)


@laws
@given(damaged_texts(), sources)
def test_both_lanes_agree_on_damaged_texts(
    drawn: tuple[type[msgspec.Struct], bytes], source: Source
) -> None:
    check_both_lanes(*drawn, source)


@laws
@given(record_texts(), sources)
def test_a_record_is_accepted_only_if_its_text_is(
    drawn: tuple[type[msgspec.Struct], bytes], source: Source
) -> None:
    kind, text = drawn
    source = source._replace(canonical=True, sealed=True)
    record = outcome(lambda: read_record(text, kind, source))
    plain = outcome(lambda: read_plain(text, source))
    if record.kind is None:
        assert plain.value.keys() <= set(kind.__struct_fields__)
    if plain.kind is not None:
        assert (record.kind, record.code) == (plain.kind, plain.code)


@laws
@given(kinds, st.data())
def test_an_honest_record_comes_back_whole(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    members = data.draw(canonical_members(kind))
    text = f"{{{','.join(f'{key}:{value}' for key, value in members)}}}".encode()
    source = Source("x", digested=False, canonical=True, sealed=True)
    record = read_record(text, kind, source)
    assert json.loads(canonical_record(record)) == json.loads(text)
    assert read_record(canonical_record(record), kind, source) == record
