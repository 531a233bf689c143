"""The command `detente`."""

import sys

from detente.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
