"""The project's own pytest options do what they say."""

from pathlib import Path

import pytest

_CONFTEST = Path(__file__).parents[1] / "conftest.py"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty project with our conftest."""
    monkeypatch.delenv("CI", raising=False)
    pytester.makeconftest(_CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = system: needs more than Python\n")
    return pytester


def test_a_lacking_system_is_named(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest
        pytestmark = pytest.mark.system
        def test_a(need_program): need_program("no-such-program", "ask somebody")
        def test_b(need_program): need_program("no-such-program", "ask somebody")
        def test_c(need_program): assert need_program("python3", "")
    """)
    result = project.runpytest_subprocess()
    result.assert_outcomes(skipped=2, passed=1)
    result.stdout.fnmatch_lines(["This machine lacks `no-such-program`: ask somebody"])
    assert str(result.stdout).count("This machine lacks") == 1


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_lacking_system_fails_where_systems_are_required(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "environment":
        monkeypatch.setenv("CI", "true")
    project.makepyfile("""
        import pytest
        @pytest.mark.system
        def test_a(need_program): need_program("no-such-program", "ask somebody")
        def test_plain_skips_stay_skips(): pytest.skip("another platform")
        @pytest.mark.system
        @pytest.mark.xfail
        def test_expected_failures_stay(): assert False
    """)
    result = project.runpytest_subprocess(*(["--require-systems"] if how == "option" else []))
    result.assert_outcomes(failed=1, skipped=1, xfailed=1)
    assert result.ret == 1


def test_golden_files_are_compared_and_updated(project: pytest.Pytester) -> None:
    project.makepyfile("""
        from pathlib import Path
        def test_same(golden): golden(Path("same.txt"), "same")
        def test_differs(golden): golden(Path("differs.txt"), "new")
        def test_is_not_there(golden): golden(Path("folder/lacks.txt"), "new")
    """)
    same, differs, lacks = (project.path / name for name in ("same.txt", "differs.txt", "folder/lacks.txt"))
    same.write_text("same", encoding="utf-8")
    differs.write_text("old", encoding="utf-8")
    project.runpytest_subprocess().assert_outcomes(passed=1, failed=2)
    assert differs.read_text(encoding="utf-8") == "old"
    project.runpytest_subprocess("--update-golden").assert_outcomes(passed=3)
    assert (differs.read_text(encoding="utf-8"), lacks.read_text(encoding="utf-8")) == ("new", "new")


def test_hypothesis_draws_the_same_examples_every_time(project: pytest.Pytester) -> None:
    project.makepyfile("""
        from hypothesis import given, settings, strategies
        def test_settings(): assert settings().derandomize and settings().deadline is None
    """)
    project.runpytest_subprocess().assert_outcomes(passed=1)
