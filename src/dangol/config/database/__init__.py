"""Django's PostgreSQL, with a health check that costs nothing while the server is well."""
