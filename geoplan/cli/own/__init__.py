"""Commands about data of the user's own: fetched, corrected, compared with an earlier edition."""
