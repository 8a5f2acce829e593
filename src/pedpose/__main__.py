"""``python -m pedpose``."""

from pedpose.cli.main import main

if __name__ == "__main__":
    main()
