"""What ends a command, or the start of a server, in one line instead of a stack trace."""

from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from qabank.environment import Misconfigured
from questions.management.reasons import reason


def explanation(error: BaseException) -> str | None:
    """
    Return what an operator is told of an exception, in one line; None for a mistake of ours.

    A mistake keeps its trace, which is for the developers.
    """
    match error:
        case Misconfigured() | ImproperlyConfigured():
            return " ".join(str(error).split())
        case KeyboardInterrupt():
            return "Interrupted."
        case EOFError():
            return "Nobody can be asked here: run this in a terminal."
        case Error() | OSError():
            return f"{reason(error)}."
    return None
