"""One module for each group of commands; `gateway.cli.main` imports them when they are used."""
