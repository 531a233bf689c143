"""What the roof may know of the hotline's glossary: where a text cites a term of it."""

from detente.desks.hotline.rules import CITED_MAX, cited

__all__ = ["CITED_MAX", "cited"]
