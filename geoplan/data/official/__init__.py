"""Official outlines of the blocks, where the user fetched them; else those that ship, drawn from postcodes."""
