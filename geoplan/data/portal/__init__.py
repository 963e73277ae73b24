"""The only user of the network: official outlines, lookups, flows and figures, fetched into the user's folder."""
