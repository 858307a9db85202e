import pytest

from gait_engine.gate.tokens.lookalike import is_deceptive, same_person_form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "ALICE"),
        ("alice", "al\u200bice"),
        ("alice", "alice\u2060"),
        ("alice", "\u202ealice"),
        ("alice", "alice\ufe0f"),
        ("alice", "alice\u2800"),
        ("alice", "\uff41\uff4cice"),
        ("alice", "𝐚lice"),
        ("straße", "STRASSE"),
        ("rené", "rene\u0301"),
        ("rené", "rene\u200d\u0301"),
        ("kate", "\u212aate"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
    ],
)
def test_spellings_that_look_the_same_have_one_form(one: str, other: str) -> None:
    assert same_person_form(one) == same_person_form(other)


@pytest.mark.parametrize(
    ("one", "other"), [("alice", "alicia"), ("rené", "rene"), ("bob1", "bob2"), ("a b", "ab")]
)
def test_names_that_a_person_tells_apart_have_two_forms(one: str, other: str) -> None:
    assert same_person_form(one) != same_person_form(other)


@pytest.mark.parametrize(
    "name",
    [
        "аlice",  # Cyrillic a
        "bοb",  # Greek omicron
        "al\u200bісе",  # hidden, then Cyrillic
        "a1с",  # a number joins letters
        "ops@exаmple.com",
        "Ꭺlice",  # Cherokee
        "かな한글",
        "漢ж",
        "aא",
        "\u200b",
        "\u2060\ufe0f",
        "",
    ],
)
def test_a_word_of_two_scripts_or_nothing_to_see_deceives(name: str) -> None:
    assert is_deceptive(name)


@pytest.mark.parametrize(
    "name",
    [
        "alice",
        "alice-2@example.com",
        "иван@example.com",
        "иван2",
        "Ελένη Papadopoulou",
        "山田taro",
        "東京タワーabc",
        "々〆かなカナー",
        "한글漢字abc",
        "ㄅ漢a",
        "rene\u0301",
        "иже\u0306",
        "ж\u0301ук",
        "हिन्दी",
        "עִבְרִית",
        "O\u02bcBrien",
        "007",
        "ª1",
    ],
)
def test_words_of_one_script_or_of_those_written_together_do_not(name: str) -> None:
    assert not is_deceptive(name)


def test_a_letter_that_the_table_has_no_name_for_is_a_script_of_its_own() -> None:
    assert is_deceptive("a\U00017000\U00018d08b")
