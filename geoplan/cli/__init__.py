"""The command line: parse, call, write, exit code, one file a group of commands; imports all."""
