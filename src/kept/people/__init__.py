"""Members: roles, skills, working weeks, absences, who may do what, what is left of their time."""
