"""The documents keep up with the program: commands, environment, pictures, links, roles."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import pytest

from survey_app.cli import group
from survey_app.cli.stats import stats

ROOT = Path(__file__).parents[2]
MANUAL = sorted((ROOT / "docs" / "zh").glob("*.md"))
PAGES = [
    *(ROOT / name for name in ("README.md", "README.en.md", "ARCHITECTURE.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
REFERENCE = "".join(
    (ROOT / name).read_text(encoding="utf-8") for name in ("docs/formats.md", "README.md")
)
CODE = [
    path
    for folder in ("analysis", "forms", "survey_app", "tests", "bench", "docs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != Path(__file__)
]
READ = re.compile(r"""environ(?:\.get\(|\[)\s*"([A-Z][A-Z_]+)\"|env\.get\("([A-Z][A-Z_]+)\"""")
NAMED = re.compile(r'^[A-Z_]+ = "(SURVEY_[A-Z_]+)"$', re.MULTILINE)
LINK = re.compile(r"""\]\(([^)#\s]+)[^)]*\)|(?:src|href)="([^"#]+)\"""")
MOST_BYTES = 150_000
MOST_BYTES_TOGETHER = 2_500_000


def pages() -> list[Any]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES]


def commands(one: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(one, click.Group) and one.commands:
        for name, child in one.commands.items():
            yield from commands(child, f"{path} {name}")
    else:
        yield path, one


def targets(page: Path) -> Iterator[str]:
    """Everything a page links to or shows, but for other hosts."""
    for match in LINK.finditer(page.read_text(encoding="utf-8")):
        target = match[1] or match[2]
        if "://" not in target:
            yield unquote(target)


def described(command: str) -> str:
    """The row of the reference that describes a command; empty where there is none."""
    rows = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").splitlines()
    found = [row for row in rows if re.match(rf"\| `{re.escape(command)}[ `]", row)]
    return found[0] if found else ""


@pytest.mark.parametrize(("name", "command"), list(commands(group, "survey")))
def test_every_command_and_option_is_described(name: str, command: click.Command) -> None:
    row = described(name)
    assert row, f"{name} has no row in docs/formats.md"
    everywhere = {"--json", "--quiet", "--help", "-h"}
    options = {
        text
        for one in command.params
        if isinstance(one, click.Option)
        for text in (*one.opts, *one.secondary_opts)
    }
    assert {text for text in options - everywhere if f"`{text}" not in row} == set()


def test_every_statistical_method_and_option_is_described() -> None:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    part = text.partition("## `survey stats`")[2].partition("\n## ")[0]
    asked = click.Context(stats)
    for name in stats.list_commands(asked):
        method = stats.get_command(asked, name)
        assert method is not None
        assert f"`{name}`" in part, name
        for one in method.params:
            if isinstance(one, click.Option):
                assert any(f"`{text}" in part or f" {text}" in part for text in one.opts), (
                    f"{name} {one.opts[0]}"
                )


def test_every_described_command_exists() -> None:
    known = {name for name, _ in commands(group, "survey")}
    rows = re.findall(r"^\| `(survey [a-z -]+?)(?: [A-Z][^`]*)?`", REFERENCE, re.MULTILINE)
    assert rows
    assert {row.strip() for row in rows} - known == set()


def test_every_environment_variable_is_described() -> None:
    texts = [path.read_text(encoding="utf-8") for path in CODE]
    read = {match[1] or match[2] for text in texts for match in READ.finditer(text)}
    read |= {match[1] for text in texts for match in NAMED.finditer(text)}
    assert {"SURVEY_HOME", "SURVEY_DEBUG", "REQUIRE_ALL"} <= read
    assert {name for name in read if f"`{name}" not in REFERENCE} == set()


@pytest.mark.parametrize("page", pages())
def test_every_link_and_picture_is_there(page: Path) -> None:
    missing = [text for text in targets(page) if not (page.parent / text).exists()]
    assert missing == []


def test_every_picture_is_shown_and_none_is_heavy() -> None:
    pictures = set((ROOT / "docs" / "images").glob("*.png"))
    shown = {(page.parent / text).resolve() for page in PAGES for text in targets(page)}
    assert pictures
    assert {path.name for path in pictures - shown} == set()
    sizes = {path.name: path.stat().st_size for path in pictures}
    assert {name for name, size in sizes.items() if size > MOST_BYTES} == set()
    assert sum(sizes.values()) <= MOST_BYTES_TOGETHER


def test_every_picture_comes_from_the_script() -> None:
    script = (ROOT / "docs" / "screenshots.py").read_text(encoding="utf-8")
    taken = set(re.findall(r'shoot\(\s*"([a-z0-9-]+)"', script))
    assert {path.stem for path in (ROOT / "docs" / "images").glob("*.png")} == taken


def test_every_chapter_is_in_the_contents() -> None:
    contents = ROOT / "docs" / "zh" / "README.md"
    linked = {(contents.parent / text).name for text in targets(contents)}
    assert {path.name for path in MANUAL} - {"README.md"} <= linked


@pytest.mark.parametrize("page", pages())
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    """Paths in examples are relative, or one of the few a reader makes himself."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"(?<![\w.:/])/(?:home|root|work|tmp|opt|mnt|Users)/[\w./-]+", text)
    assert found == []


@pytest.mark.parametrize("names", [("README.md", "README.en.md"), ("README.en.md", "README.md")])
def test_the_two_readmes_lead_to_each_other(names: tuple[str, str]) -> None:
    page, other = names
    assert other in set(targets(ROOT / page))
