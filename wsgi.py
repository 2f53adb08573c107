"""The WSGI entry point: `gunicorn wsgi:app`."""

from survey_app.factory import create_app

app = create_app()
