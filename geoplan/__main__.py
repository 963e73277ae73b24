"""Run geoplan as a module: python -m geoplan."""

from geoplan.cli.main import main

if __name__ == "__main__":
    main()
