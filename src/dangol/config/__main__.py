"""`python -m dangol.config` is the command `dangol`."""

import sys

from dangol.config.cli import main

sys.exit(main())
