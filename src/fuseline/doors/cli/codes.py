"""The exit codes, as scripts may rely on them. It knows no error."""

ANSWERED = 0
FAILED = 1
USAGE = 2
NOT_CONFIGURED = 3
OVER_BUDGET = 5
REFUSED_TO_SERVE = 78
"""The code that sysexits.h gives to a wrong configuration: a supervisor need not try again."""
INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell shows for a program whose reader has gone, such as `head`."""

EXPLAINED = (
    "Exit codes: 0 answered, 1 failed, 2 wrong usage, 3 not configured or a key refused, 5 over budget, "
    "130 interrupted."
)
DOCTOR_EXPLAINED = "Exit codes: 0 well, warnings included, 1 something failed, 2 wrong usage, 3 nothing is configured."
