"""Codes in time: what became of each authority since 2009, and tables of other editions brought to this one."""
