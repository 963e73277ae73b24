"""What the user has beside what ships: fetched files and own memberships, each with where it comes from."""
