"""Changes tried out: the audit before and after them."""
