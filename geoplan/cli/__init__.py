"""The command line: parse, call, have it written, exit code; the only speaker on the terminal."""
