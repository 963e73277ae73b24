"""The data that ships: blocks, tables and postcodes, and how blocks are made."""
