"""The search where groups are too many to list: its starts, how it improves them, and bounds for all arrangements."""
