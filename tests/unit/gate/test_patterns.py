"""Path and domain patterns, and the globs below them (gate.md 3.4 (2))."""

import pytest

from gait_engine.gate.patterns import domain_matches, glob_matches, path_matches

LONG = "a" * 20_000


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/srv/a.txt", "/srv/a.txt"),
        ("/srv/**", "/srv"),
        ("/srv/**", "/srv/a/b/c"),
        ("/**", "/"),
        ("/**", "/etc/passwd"),
        ("/srv/[x]/**", "/srv/[x]/deep/er"),
        ("/srv/[x]/**", "/srv/x/one"),
        ("/srv/*", "/srv/a.txt"),
        ("/srv/a.?xt", "/srv/a.txt"),
        ("/srv/*/c", "/srv/b/c"),
        ("[a", "[a"),
    ],
)
def test_a_path_is_on_a_list(pattern: str, path: str) -> None:
    assert path_matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/srv/**", "/srvx"),
        ("/srv/**", "/SRV/a"),
        ("/srv/*", "/srv/a/b"),
        ("/srv/?", "/srv//"),
        ("/srv", "/srv/"),
        ("/**", "relative"),
        ("/srv/*", "/srv"),
        ("[a", "a"),
    ],
)
def test_a_path_is_on_no_list(pattern: str, path: str) -> None:
    assert not path_matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "domain", "fits"),
    [
        ("api.x.test", "api.x.test", True),
        ("*.x.test", "a.b.x.test", True),
        ("*.x.test", "x.test", False),
        ("*.x.test", "evilx.test", False),
        ("*.*.test", "a.b.test", True),
        ("api.*", "api.x.test", True),
        ("ap[i]", "api", True),
        ("*", "anything", True),
        ("*.[x].test", "a.[x].test", True),
        ("*.[x].test", "a.x.test", True),
        ("*.[x].test", "a.b.x.test", True),
    ],
)
def test_a_domain_fits_by_suffix_at_any_depth_or_by_glob(
    pattern: str, domain: str, *, fits: bool
) -> None:
    assert domain_matches(pattern, domain) is fits


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("**", "ab", True),
        ("*a*b*", "xaybz", True),
        ("*ab", "aab", True),
        ("[a-c]", "b", True),
        ("[c-a]", "b", False),
        ("[^a]", "b", True),
        ("[^a]", "a", False),
        ("[!a]", "!", True),
        ("[!a]", "b", False),
        ("[a*]", "*", True),
        ("[\\]]", "]", True),
        ("[\\a-\\c]", "b", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("]", "]", True),
        ("ä?", "äö", True),
        ("[à-ü]", "ö", True),
        ("[^x]", "日", True),
        ("a", "", False),
        ("?", "", False),
        ("a?", "a", False),
        ("a*b", "a/b", False),
        ("*[^x]/*b", "a//b", False),  # the first place that fits is taken for good
        ("*??", "日", True),  # a star may stop inside a character
    ],
)
def test_a_glob_goes_by_the_rules_of_the_peer(pattern: str, value: str, *, fits: bool) -> None:
    assert glob_matches(pattern, value) is fits


@pytest.mark.parametrize(
    "pattern",
    ["[", "[a", "[]", "[]a]", "[-a]", "[a-]", "[a-", "[^", "[\\", "a\\", "*[", "[日", "[a\\"],
)
def test_a_malformed_glob_matches_nothing(pattern: str) -> None:
    assert not any(glob_matches(pattern, value) for value in ("", "a", "]", "-", pattern))


def test_many_stars_do_not_make_a_pattern_slow() -> None:
    assert not glob_matches("*a" * 12 + "b", LONG)
    assert not domain_matches("*a" * 12 + "b", LONG)
