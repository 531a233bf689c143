"""What the roof may know of the hotline's glossary: where a text cites a term of it."""

from detente.desks.hotline.rules import cited

__all__ = ["cited"]
