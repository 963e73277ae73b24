"""A scheme's members as the user corrects them: kept step by step, edited, brought in from the authoritative table."""
