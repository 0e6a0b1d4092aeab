"""The repository speaks of itself alone, is complete, and can be read anywhere."""

import re
import tomllib
from collections.abc import Iterator

import pytest

from comity.version import __version__
from tests.house.sources import ROOT, files, name

_TEXT = {
    *("", ".cfg", ".css", ".csv", ".html", ".js", ".json", ".lark"),
    *(".md", ".py", ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml"),
}

# Put together from pieces, so that this file does not hold what it looks for.
_MACHINE_PATHS = re.compile(
    r"(?<![\w.])/(?:" + "|".join(("root", "work", "opt", "Users", "home/[a-z]+", "tmp/[a-z]+")) + r")/"
)
_REGISTRIES = re.compile(
    r"\b(?:"
    + "|".join(
        re.escape(".".join(host))
        for host in (
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("npmjs", "com"),
            ("deb", "debian", "org"),
            ("archive", "ubuntu", "com"),
            ("proxy", "golang", "org"),
            ("crates", "io"),
        )
    )
    + r")\b"
)
# Exceptions to lint and types need their code (ruff sees to that) and behind it a reason: ` - the code is our own`
_EXCEPTION = re.compile(r"#\s*(?:noqa:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*|type:\s*ignore\[[\w, -]+\])(?P<reason>.*)")
_LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")


def lines_with(pattern: re.Pattern[str]) -> Iterator[str]:
    """All lines of the repository's text files in which a pattern is found."""
    for path in files():
        if path.suffix in _TEXT and "bad" not in path.parts:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                if pattern.search(line):
                    yield f"{name(path)}:{number}: {line.strip()[:120]}"


def exceptions_without_reason(text: str) -> list[str]:
    """Lint and type exceptions that do not say why."""
    return [m.group() for m in _EXCEPTION.finditer(text) if not re.search(r"\w", m["reason"])]


def dead_links(text: str, folder: str) -> list[str]:
    """Relative links of a page whose file is not in the repository."""
    targets = (m["target"].partition("#")[0] for m in _LINK.finditer(re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    own = (t for t in targets if t and "://" not in t and not t.startswith("mailto:"))
    return [t for t in own if not (ROOT / folder / t).exists()]


def test_no_file_names_a_path_of_a_machine() -> None:
    assert list(lines_with(_MACHINE_PATHS)) == []


def test_no_file_names_a_package_registry() -> None:
    assert list(lines_with(_REGISTRIES)) == []


@pytest.mark.parametrize("line", ["cd /" + "work/main", "'/" + "root/.cache'", "see /" + "home/ada/x"])
def test_a_path_of_a_machine_is_found(line: str) -> None:
    assert _MACHINE_PATHS.search(line)


@pytest.mark.parametrize(
    "line", ["https://eur-lex.europa.eu/" + "work/x", "src/" + "opt/x", "/usr/bin/chromium", "/homepage/"]
)
def test_other_paths_are_left_alone(line: str) -> None:
    assert not _MACHINE_PATHS.search(line)


def test_a_registry_is_found() -> None:
    assert _REGISTRIES.search("index-url = https://py" + "pi.org/simple")


def test_text_files_are_plain_utf_8() -> None:
    problems = []
    for path in files():
        if path.suffix not in _TEXT or "bad" in path.parts:
            continue
        raw = path.read_bytes()
        text = raw.decode("utf-8", errors="replace")
        wrong = {
            "is not UTF-8": "\ufffd" in text,
            "starts with a byte order mark": raw.startswith(b"\xef\xbb\xbf"),
            "has Windows line ends": b"\r" in raw,
            "does not end with a line end": bool(raw) and not raw.endswith(b"\n"),
        }
        problems += [f"{name(path)} {what}" for what, is_so in wrong.items() if is_so]
    assert problems == []


def test_exceptions_to_lint_and_types_say_why() -> None:
    found = {name(path): exceptions_without_reason(path.read_text(encoding="utf-8")) for path in files(".py")}
    assert {path: exceptions for path, exceptions in found.items() if exceptions} == {}


def test_an_exception_without_a_reason_is_found() -> None:
    mark = "# no" + "qa: S102"
    assert exceptions_without_reason(f"exec(code)  {mark}\n") == [mark]
    assert exceptions_without_reason(f"exec(code)  {mark} - we wrote the code\n") == []
    assert exceptions_without_reason("x = f()  # type: " + "ignore[no-any-return]\n")


def test_links_between_pages_lead_somewhere() -> None:
    pages = {name(p): dead_links(p.read_text(encoding="utf-8"), name(p.parent)) for p in files(".md")}
    assert {page: links for page, links in pages.items() if links} == {}


def test_a_dead_link_is_found() -> None:
    page = "[a](no-such-page.md#x) [b](README.md) [c](https://example.org) [d](#here)\n```\n[e](f)\n```\n"
    assert dead_links(page, ".") == ["no-such-page.md"]


def test_the_licence_is_there_and_is_the_one_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_the_changelog_knows_the_version() -> None:
    assert f"\n## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_target_of_make_has_its_line_of_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert phony
    helped = set(re.findall(r"^#> .+\n([a-z-]+):", makefile, flags=re.MULTILINE))
    assert helped == set(phony[1].split())


def test_the_readme_says_what_it_is_not() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "no legal advice" in readme
    assert "no modelled clause of the packs named stands against it" in re.sub(r"\s+", " ", readme)
