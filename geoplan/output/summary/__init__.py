"""What every medium says: sentences, figures, rows."""
