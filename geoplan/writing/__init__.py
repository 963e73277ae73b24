"""Files written whole, none destroyed, folders changed as one set; imports output and below."""
