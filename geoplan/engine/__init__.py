"""Arrays in, arrays out, compiled and plain: edges, points in areas, shared borders; imports schema and below."""
