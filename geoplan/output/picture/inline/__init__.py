"""Maps as parts of a page, in the looks of every picture."""
