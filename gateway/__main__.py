"""`python -m gateway` is `hearth`."""

from gateway.cli.main import main

main()
