"""The app for a phone or a desktop: static files, without a build step; all that they show comes from the API."""
