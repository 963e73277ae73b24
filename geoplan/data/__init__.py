"""What is read and opened: the catalogue, the data that ships, layers, places, caches; imports engine and below."""
