"""What an exception says to the person who meets it."""

from comity.errors import ComityError, MissingExtraError, Problem, Span


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    error = MissingExtraError("remedy", "solve")
    assert isinstance(error, ComityError)
    assert error.extra == "solve"
    assert str(error) == "`remedy` needs the solver, which is not installed\n  help: pip install 'comity[solve]'"


def test_password_in_a_line_is_not_shown_and_columns_stay() -> None:
    line = "- {at: postgresql://reader:s3:cr@t@db/x, of: nobody}  # mail me@example.org, see https://example.org/a@b"
    text = Problem("unknown-entity", "`nobody` is not a known entity", Span("map.yaml", 3, 46, 6, line)).to_text()
    shown, carets = text.splitlines()[2:4]
    assert shown == f"  3 | {line.replace('s3:cr@t', '*******')}"
    assert shown[carets.index("^") : carets.index("^") + 6] == "nobody"
