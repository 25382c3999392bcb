"""`python -m fuseline`: the same as the command."""

from fuseline.doors.cli.main import main

if __name__ == "__main__":
    main()
