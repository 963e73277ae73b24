"""Ground in colours of its own: of the classes of an indicator, or of what became of areas between two editions."""
