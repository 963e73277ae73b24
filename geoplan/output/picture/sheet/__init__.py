"""The sheet of a picture: its size, what goes where, and the files it becomes."""
