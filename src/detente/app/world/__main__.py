"""`python -m detente.app.world --seed N`: play one world, or many."""

import sys

from detente.app.world.run import main

sys.exit(main(sys.argv[1:]))
