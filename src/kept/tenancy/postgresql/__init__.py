"""Django's PostgreSQL backend, telling the server whose work each statement is."""
