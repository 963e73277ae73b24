"""One layer as a file in the formats that others read, with whom to credit inside it."""
