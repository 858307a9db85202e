import pytest

from gait_engine.gate.urlhost import url_host


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example.com/p?q#f", "api.example.com"),
        ("https://U:P@Api.Example.COM:8443/p?q#f", "api.example.com"),
        ("//h.com/x", "h.com"),
        ("ftp://h", "h"),
        ("a+b-c.1://h", "h"),
        ("http://h?q=/x", "h"),
        ("http://h#f/x", "h"),
        ("http://h:/", "h"),
        ("http://h:99999/", "h"),
        ("http://h:80:90/", "h:80"),
        ("http://good@evil/", "evil"),
        ("http://a@b@evil/", "evil"),
        ("http://@h/", "h"),
        ("http://%61:b@h/", "h"),
        ("https://h.com.", "h.com."),
        ("http://BÜCHER.ch/", "bücher.ch"),
        ("http://b%C3%BCcher.ch/", "bücher.ch"),
        ("http://a_b-c~!$&'()*+,;=\"<>/", "a_b-c~!$&'()*+,;=\"<>"),
        ("http://h/ü %20", "h"),
        ("http://h/?%zz", "h"),
        ("http://[::1]:80/", "::1"),
        ("http://[FE80::1]", "fe80::1"),
        ("http://[fe80::1%25en0]/", "fe80::1%en0"),
        ("http:////p", ""),
        ("http:///p", ""),
        ("http://", ""),
        ("http://:80/", ""),
        ("http://u@/", ""),
        ("", ""),
        ("/p", ""),
        ("?q", ""),
        ("///p", ""),
        ("evil.test/x", ""),
        ("localhost:8080", ""),
        ("mailto:a@b.c", ""),
        ("http:h/x", ""),
        ("1http://x", ""),
        ("://x", ""),
        ("ü://x", ""),
    ],
)
def test_the_host_is_what_stands_between_userinfo_and_port(url: str, host: str) -> None:
    assert url_host(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "http://h\tx/",
        "http://h/\x7f",
        "http://h?\x00",
        "http://h x/",
        *(f"http://h{char}x/" for char in "|\\^{}`[]"),
        "http://h%41/",
        "http://h%2fx/",
        "http://h%ff/",
        "http://h%/",
        "http://h/%zz",
        "http://h/%4",
        "http://h#%zz",
        "http://h:port/",
        "http://h:80x/",
        "http://h:٣/",
        "http://ü@h/",
        "http://a b@h/",
        "http://%zz@h/",
        "http://[::1/",
        "http://[::1]x",
        "http://[::1]:x",
        "http://[]/",
        "http://[h]/",
        "http://[127.0.0.1]/",
        "http://[fe80::1%25]/",
        "http://[fe80::1%25a|b]/",
        "http://[::1%41]/",
        "http://x[::1]/",
    ],
)
def test_a_url_that_cannot_be_parsed_has_no_host(url: str) -> None:
    assert url_host(url) == ""


def test_a_control_character_in_the_fragment_is_never_sent_and_so_hides_no_host() -> None:
    assert url_host("http://h/#\x01") == "h"
