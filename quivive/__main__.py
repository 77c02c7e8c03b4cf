"""python -m quivive: the command line."""

from quivive.cli.main import main

main()
