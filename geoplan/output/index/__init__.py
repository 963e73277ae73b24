"""The page that leads to the files of every area of a batch."""
