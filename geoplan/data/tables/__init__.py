"""Tables of the user's own read: CSV, Excel, Parquet."""
