"""Work asked for: jobs, their stages, and what the client and third parties must supply."""
