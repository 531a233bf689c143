"""The version of the engine: it changes whenever the same question may get another answer."""

from typing import Final

ENGINE: Final = "4"
