"""What all tests share: golden files, the systems a machine may lack, and Hypothesis without chance."""

import gc
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["pytester"]

# A test that fails one time in a thousand teaches people to run it again. So the examples are drawn from a fixed seed,
# and nothing depends on how busy the machine is. `HYPOTHESIS_PROFILE=search` draws new ones, to find what still fails.
settings.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

gc.set_threshold(100_000, 50, 50)  # as the command line has it: what is loaded once stays

_LACKS = "this machine lacks "


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("comity")
    group.addoption("--update-golden", action="store_true", help="write golden files anew; read the difference in git")
    group.addoption(
        "--require-systems",
        action="store_true",
        default=os.environ.get("CI") == "true",
        help="a system that the machine lacks is a failure, not a skip (the default when CI=true)",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns the skip of a `system` test into a failure where systems are required."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and item.get_closest_marker("system") and item.config.getoption("--require-systems"):
        reason = call.excinfo.value if call.excinfo else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and systems are required: {reason}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names once what the machine lacks, however many tests needed it; and tells what tests recorded as `told`."""
    for report in terminalreporter.getreports("passed"):
        for text in (value for name, value in report.user_properties if name == "told"):
            terminalreporter.write_line(str(text))
    reports = [*terminalreporter.getreports("skipped"), *terminalreporter.getreports("failed")]
    texts = {line for report in reports for line in report.longreprtext.splitlines() if _LACKS in line}
    for lacks in sorted({text.split(_LACKS, 1)[1].rstrip("')") for text in texts}):
        terminalreporter.write_line(f"{_LACKS.capitalize()}{lacks}", yellow=True)


@pytest.fixture(scope="session")
def need_program() -> Callable[[str, str], str]:
    """Gives the path of a program, or skips: `need_program("chromium", "apt-get install chromium")`."""

    def _need(name: str, how_to_get: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{_LACKS}`{name}`: {how_to_get}")
        return path

    return _need


@pytest.fixture(scope="session")
def browser(need_program: Callable[[str, str], str]) -> Iterator["Browser"]:
    """A real Chromium, the system's own, without a network."""
    path = need_program("chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    offline = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=offline + as_root)
        yield browser
        browser.close()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a file; with `--update-golden` writes the file instead."""
    update = bool(request.config.getoption("--update-golden"))

    def _compare(path: Path, text: str) -> None:
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.exists(), f"{path} is not there; `pytest --update-golden` writes it"
        assert text == path.read_text(encoding="utf-8")

    return _compare
