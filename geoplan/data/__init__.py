"""What is read and opened: the catalogue, what ships, layers, places, caches; imports engine and below."""
