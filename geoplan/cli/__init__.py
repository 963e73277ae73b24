"""The command line: parse, call, write, exit code; the only writer of files and of the terminal."""
