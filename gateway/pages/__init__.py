"""Pages that a person opens on a phone: to pair it, to answer a question, to let an agent in. Static files, read by
`gateway.api.pages`; all that they show they ask the API for, as the person whose phone it is.
"""
