"""Files that appear whole, folders that change as one set, places where outputs may go; nothing else writes."""
