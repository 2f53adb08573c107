"""Unsafe settings are named, all of them at once, and in production they stop the start."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_app.cli import group
from survey_app.core.checks import Surroundings, look, refusals, safe_settings
from survey_app.core.config import UnsafeSettingsError
from survey_app.core.database import Database

SECRET = "3f9c1e7ab2d84056c7e1f0a93b5d6e2843a7c9d1e5f0b264"


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    """An environment fit for production."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return {
        "SURVEY_ENV": "production",
        "SURVEY_HOME": str(home),
        "SURVEY_SECRET_KEY": SECRET,
        "SURVEY_BASE_URL": "https://survey.example.gov.cn",
    }


def said(environ: dict[str, str]) -> str:
    with pytest.raises(UnsafeSettingsError) as caught:
        safe_settings(environ)
    return "\n".join(caught.value.reasons)


def test_a_safe_environment_starts_and_asks_for_second_factors(good: dict[str, str]) -> None:
    settings = safe_settings(good)
    assert settings.is_production
    assert settings.needs_second_factor
    assert not safe_settings(good | {"SURVEY_SECOND_FACTOR": "voluntary"}).needs_second_factor
    assert not safe_settings(good | {"SURVEY_ENV": ""}).needs_second_factor


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"SURVEY_SECRET_KEY": ""}, "没有设置 SURVEY_SECRET_KEY"),
        ({"SURVEY_SECRET_KEY": "short"}, "SURVEY_SECRET_KEY 太短"),
        ({"SURVEY_SECRET_KEY": "a" * 40}, "SURVEY_SECRET_KEY 太简单"),
        ({"SURVEY_SECRET_KEY": "0123456789abcdef" * 2}, "和文档里的例子一样"),
        ({"SURVEY_BASE_URL": ""}, "没有设置 SURVEY_BASE_URL"),
        ({"SURVEY_BASE_URL": "http://survey.example.gov.cn"}, "SURVEY_BASE_URL 不是 https"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG 开着"),
        ({"SURVEY_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "数据库：连不上"),
    ],
)
def test_each_unsafe_setting_is_named(
    good: dict[str, str], changed: dict[str, str], told: str
) -> None:
    assert told in said(good | changed)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_what_others_can_read_is_named(good: dict[str, str]) -> None:
    home = Path(good["SURVEY_HOME"])
    (home / "keys").mkdir(mode=0o700)
    key = home / "keys" / "round-1.key"
    key.write_bytes(b"k" * 32)
    for path, mode, told in (
        (home, 0o755, "数据目录"),
        (home / "keys", 0o750, "密钥目录"),
        (key, 0o644, "round-1.key 别的用户也能读"),
    ):
        before = path.stat().st_mode
        path.chmod(mode)
        words = said(good)
        path.chmod(before & 0o700 if path.is_dir() else 0o600)
        assert told in words
    safe_settings(good)


def test_what_is_said_can_be_translated(good: dict[str, str]) -> None:
    """Message ids are the same on every machine; what differs between machines only fills them."""
    home = Path(good["SURVEY_HOME"])
    (home / "survey.db").touch()
    bad = {"FLASK_DEBUG": "1", "SURVEY_BASE_URL": "http://x.example", "WEB_CONCURRENCY": "3"}
    for environ, mode in ((good, 0o700), (good | bad, 0o755)):
        home.chmod(mode)
        for one in look(Surroundings.before_start(environ)):
            for message in filter(None, (one.said, one.remedy)):
                for particular in (str(home), "x.example", "755", "FLASK_DEBUG"):
                    assert particular not in message, one.key
                shown = one.words(message, lambda text: f"<{text}>")
                assert (shown[0], shown[-1]) == ("<", ">")
    home.chmod(0o700)
    said = {one.key: one.text for one in look(Surroundings.before_start(good | bad))}
    assert "FLASK_DEBUG 开着" in said["debug"]
    assert said["home"].endswith(str(home))


def test_everything_unsafe_is_said_at_once(good: dict[str, str]) -> None:
    Path(good["SURVEY_HOME"]).chmod(0o755)
    words = said(good | {"SURVEY_SECRET_KEY": "", "SURVEY_BASE_URL": "", "FLASK_DEBUG": "true"})
    for told in ("SURVEY_SECRET_KEY", "SURVEY_BASE_URL", "FLASK_DEBUG", "chmod 700"):
        assert told in words


def test_plain_http_is_allowed_by_name_and_then_a_warning(good: dict[str, str]) -> None:
    environ = good | {"SURVEY_BASE_URL": "http://10.1.2.3", "SURVEY_ALLOW_HTTP": "1"}
    safe_settings(environ)
    found = {one.key: one for one in look(Surroundings.before_start(environ))}
    assert found["base_url"].state == "warn"
    assert "明文" in found["base_url"].said


def test_outside_production_only_a_weak_secret_and_the_store_stop_the_start(
    good: dict[str, str],
) -> None:
    loose = good | {"SURVEY_ENV": "development", "SURVEY_BASE_URL": "", "FLASK_DEBUG": "1"}
    safe_settings(loose)
    assert said(loose | {"SURVEY_SECRET_KEY": "short"}).count("\n") == 0


def test_several_processes_on_windows_are_named(
    good: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    environ = good | {"WEB_CONCURRENCY": "4"}
    around = Surroundings.before_start(environ)
    assert "只能用一个进程" in "".join(refusals(around, look(around)))


def test_a_store_that_may_lose_answers_is_named(
    good: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from survey_app.core import database

    monkeypatch.setitem(database.SQLITE_PRAGMAS, "journal_mode", "nosuch")
    monkeypatch.setattr(database, "SQLITE_MINIMUM", (99, 0, 0))
    (Path(good["SURVEY_HOME"]) / "survey.db").touch()
    words = said(good)
    assert "journal_mode" in words
    assert "太旧" in words


def test_the_command_lists_every_setting(
    good: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in good.items():
        monkeypatch.setenv(name, value)
    fine = CliRunner().invoke(group, ["check"])
    assert fine.exit_code == 0, fine.output
    assert "安装密钥" in fine.output
    monkeypatch.setenv("SURVEY_BASE_URL", "http://x")
    bad = CliRunner().invoke(group, ["check"])
    assert bad.exit_code == 1
    assert "不安全　网址" in bad.output


def test_looking_changes_nothing(good: dict[str, str]) -> None:
    home = Path(good["SURVEY_HOME"])
    look(Surroundings.before_start(good))
    look(Surroundings.before_start(good | {"SURVEY_HOME": str(home / "not there")}))
    assert list(home.iterdir()) == []
    assert Database("sqlite://").unsafe() != [], "a store in memory keeps nothing"
