"""The Flask application: what people see and what is kept."""
