"""The API's own description, OpenAPI 3.1, made from what stands at its handlers. See README.md here."""
