from pathlib import Path

from gait_tui.services.log import log_crash
from tests.support.hosts import FrozenHost


def crash(secret: str) -> ValueError:
    try:
        _fall(secret)
    except ValueError as error:
        return error
    raise AssertionError


def _fall(secret: str) -> None:
    raise ValueError(f"broken at {len(secret)}")


def kept(host: FrozenHost) -> Path:
    return host.home / ".local" / "state" / "gait" / "tui.log"


def test_a_crash_is_appended_with_its_traceback(frozen_host: FrozenHost) -> None:
    assert log_crash(crash("k"), frozen_host) == kept(frozen_host)
    log_crash(crash("kk"), frozen_host)
    text = kept(frozen_host).read_text(encoding="utf-8")
    assert text.startswith("2026-02-05T12:00:00Z gait 0.0.0-dev pid 4242\nTraceback ")
    assert "ValueError: broken at 1\n" in text
    assert "ValueError: broken at 2\n" in text


def test_values_of_variables_are_not_kept(frozen_host: FrozenHost) -> None:
    log_crash(crash("s3cr3t-value"), frozen_host)
    assert "s3cr3t-value" not in kept(frozen_host).read_text(encoding="utf-8")


def test_the_log_is_the_users_alone(frozen_host: FrozenHost) -> None:
    log_crash(crash("k"), frozen_host)
    assert kept(frozen_host).stat().st_mode & 0o777 == 0o600
    assert kept(frozen_host).parent.stat().st_mode & 0o777 == 0o700


def test_a_log_that_is_a_link_is_left_alone(frozen_host: FrozenHost) -> None:
    elsewhere = frozen_host.cwd / "precious"
    elsewhere.write_text("as it was", encoding="utf-8")
    kept(frozen_host).parent.mkdir(parents=True)
    kept(frozen_host).symlink_to(elsewhere)
    assert log_crash(crash("k"), frozen_host) is None
    assert elsewhere.read_text(encoding="utf-8") == "as it was"


def test_a_big_log_is_set_aside_once(frozen_host: FrozenHost) -> None:
    kept(frozen_host).parent.mkdir(parents=True)
    kept(frozen_host).write_bytes(b"x" * ((1 << 20) + 1))
    log_crash(crash("k"), frozen_host)
    assert kept(frozen_host).with_name("tui.log.1").stat().st_size == (1 << 20) + 1
    assert kept(frozen_host).stat().st_size < 4096


def test_a_folder_that_cannot_be_made_is_no_second_crash(frozen_host: FrozenHost) -> None:
    frozen_host.home.write_text("a file where a folder should be", encoding="utf-8")
    assert log_crash(crash("k"), frozen_host) is None
