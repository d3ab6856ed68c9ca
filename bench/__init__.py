"""How fast the service is, beside what its database and its server can do at most, in one run."""
