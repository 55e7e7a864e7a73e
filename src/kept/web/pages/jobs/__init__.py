"""Jobs: made from one line, from a service or stage by stage; then worked on."""
