"""What is made of files too large to hold: pieces of CSV, and the lines that tell of a whole file."""
