"""What an exception says to the person who meets it."""

from comity.errors import ComityError, MissingExtraError


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    error = MissingExtraError("remedy", "solve")
    assert isinstance(error, ComityError)
    assert error.extra == "solve"
    assert str(error) == "`remedy` needs the solver, which is not installed\n  help: pip install 'comity[solve]'"
